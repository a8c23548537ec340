/** What stands in an address or an answer may be anything: `constructor` is no code of ours, and `%` begins no letter. */

export const own = <T extends object>(names: T, name: string): name is keyof T & string => Object.prototype.hasOwnProperty.call(names, name)

/** `%E7%A2%B3` as 碳; what is no such code stands for itself. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Answers come in any order; a place shows the one that was asked for last. */
const turns = new WeakMap<Node, number>()

/** Whether nobody has asked for anything newer in this place: an older answer that comes late shows nothing. */
export function turn(place: Node): () => boolean {
  const mine = (turns.get(place) ?? 0) + 1
  turns.set(place, mine)
  return () => turns.get(place) === mine
}

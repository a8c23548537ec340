/** How far one would have driven for as many grams of CO2. */

// US EPA, Greenhouse Gas Emissions from a Typical Passenger Vehicle (EPA-420-F-23-014): about 400 g CO2 a mile.
const GRAMS_A_MILE = 400
const KM_A_MILE = 1.609344
export const GRAMS_A_KM = Math.round(GRAMS_A_MILE / KM_A_MILE)

export function kilometres(grams: number): number {
  return Math.floor(grams / GRAMS_A_KM)
}

import { api, got } from './client'

/** Names of scenarios by their codes; a code that has none stands for itself. */
export async function scenarioNames(): Promise<Map<string, string>> {
  const { items } = await got(api.GET('/v1/scenarios'))
  return new Map(items.map((each) => [each.code, each.name]))
}

import { api, got, orNull, type Schemas } from '@/shared/client'

export const account = (): Promise<Schemas['AccountView'] | null> => orNull(got(api.GET('/v1/accounts/me')))

/** A merchant's id is its account's. */
export const merchant = (id: string): Promise<Schemas['Merchant'] | null> => orNull(got(api.GET('/v1/merchants/{id}', { params: { path: { id } } })))

/** The id under which one sells; throws what `accounts/me` says where there is none. */
export const ownId = async (): Promise<string> => (await got(api.GET('/v1/accounts/me'))).id

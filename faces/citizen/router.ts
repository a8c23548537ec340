/** Addresses behind `#`: `#/offer/ID?x=y`. A page loads when somebody goes there. */
import { computed, defineAsyncComponent, ref, type Component } from 'vue'
import { decoded, own } from '@/shared/own'
import Loading from './parts/Loading.vue'
import Missing from './parts/Missing.vue'
import type { Key } from './texts'

interface Route {
  name: string
  id: string
  query: URLSearchParams
}

const load = (page: () => Promise<{ default: Component }>) =>
  defineAsyncComponent({ loader: page, loadingComponent: Loading, errorComponent: Missing })

/** Each page: what shows it, its title, and the tab that leads to it. */
export const PAGES: Record<string, { page: Component; title: Key; tab: string; open?: boolean }> = {
  '': { page: load(() => import('./pages/Home.vue')), title: 'home', tab: '' },
  trips: { page: load(() => import('./pages/Trips.vue')), title: 'trips', tab: '' },
  statement: { page: load(() => import('./pages/Statement.vue')), title: 'statement', tab: '' },
  credit: { page: load(() => import('./pages/Credit.vue')), title: 'credit', tab: '' },
  mall: { page: load(() => import('./pages/Mall.vue')), title: 'mall', tab: 'mall', open: true },
  offer: { page: load(() => import('./pages/Offer.vue')), title: 'offer', tab: 'mall', open: true },
  orders: { page: load(() => import('./pages/Orders.vue')), title: 'orders', tab: 'orders' },
  order: { page: load(() => import('./pages/Order.vue')), title: 'order', tab: 'orders' },
  cancel: { page: load(() => import('./pages/Cancel.vue')), title: 'cancel', tab: 'give' },
  certificate: { page: load(() => import('./pages/Certificate.vue')), title: 'certificate', tab: 'give' },
  give: { page: load(() => import('./pages/Give.vue')), title: 'give', tab: 'give', open: true },
  campaign: { page: load(() => import('./pages/Campaign.vue')), title: 'campaign', tab: 'give', open: true },
  events: { page: load(() => import('./pages/Events.vue')), title: 'events', tab: 'mall', open: true },
  event: { page: load(() => import('./pages/Event.vue')), title: 'event', tab: 'mall', open: true },
  me: { page: load(() => import('./pages/Me.vue')), title: 'me', tab: 'me', open: true },
  grants: { page: load(() => import('./pages/Grants.vue')), title: 'grants', tab: 'me' },
  consent: { page: load(() => import('./pages/Consent.vue')), title: 'consent', tab: 'me' },
  holds: { page: load(() => import('./pages/Holds.vue')), title: 'holds', tab: 'me' },
  messages: { page: load(() => import('./pages/Messages.vue')), title: 'messages', tab: 'me' },
  disputes: { page: load(() => import('./pages/Disputes.vue')), title: 'disputes', tab: 'me' },
  dispute: { page: load(() => import('./pages/NewDispute.vue')), title: 'newDispute', tab: 'me' },
  account: { page: load(() => import('./pages/Leave.vue')), title: 'account', tab: 'me' },
}

function read(): Route {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?')
  const [name = '', id = ''] = path.split('/')
  // A shop links to the path /citizen/consent, whose query is its request.
  if (location.pathname.endsWith('/consent') && !name) return { name: 'consent', id: '', query: new URLSearchParams(location.search) }
  return { name: own(PAGES, name) ? name : '', id: decoded(id), query: new URLSearchParams(query) }
}

export const route = ref<Route>(read())
export const present = computed(() => PAGES[route.value.name] ?? PAGES['']!)
export function reread(): void {
  route.value = read()
}

addEventListener('hashchange', reread)

export function go(path: string): void {
  location.hash = `#/${path}`
}

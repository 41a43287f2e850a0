import type { HttpClient, HttpClientOptions } from './client.ts'
import { plainExchange } from './plain-exchange.ts'
import { Sending } from './sending.ts'

/** The client of `client.ts` without undici, and without settings of a connection: for actions whose size and start count. */
export function createPlainHttpClient(options: HttpClientOptions): HttpClient {
  return { send: request => new Sending(request, options, plainExchange).run() }
}

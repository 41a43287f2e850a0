import type { IncomingMessage } from 'node:http'
import { type LoopbackServer, serve } from '../loopback-server.ts'

interface Entry {
  readonly key: string
  readonly version: string
  bytes: Buffer
  finished: boolean
}

/** The Actions cache of a repository, as `@actions/cache` sees it (service v2): entries never change, and the newest whose key begins so is found. */
export class FakeActionsCache implements AsyncDisposable {
  readonly entries: Entry[] = []
  #server!: LoopbackServer

  static async start(): Promise<FakeActionsCache> {
    const cache = new FakeActionsCache()
    cache.#server = await serve(async (request, response) => {
      const bytes = await readAll(request)
      const path = new URL(request.url ?? '/', 'http://fake').pathname
      const blob = /^\/account\/container\/(\d+)$/.exec(path)?.[1]
      if (blob !== undefined) {
        const entry = cache.entries[Number(blob)]
        if (!entry) return void response.writeHead(404).end()
        if (request.method === 'PUT') {
          entry.bytes = bytes
          return void response.writeHead(201, { etag: '"1"', 'last-modified': new Date(0).toUTCString() }).end()
        }
        return void response.writeHead(200, { 'content-length': entry.bytes.length }).end(entry.bytes)
      }
      const method = /^\/twirp\/github\.actions\.results\.api\.v1\.CacheService\/(\w+)$/.exec(path)?.[1] ?? ''
      const answer = cache.#call(method, JSON.parse(bytes.toString() || '{}'))
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
    return cache
  }

  /** For a step's environment. The token is none: the fake asks for none. */
  get environment(): Record<string, string> {
    return {
      ACTIONS_CACHE_SERVICE_V2: 'true',
      ACTIONS_RESULTS_URL: `${this.#server.url}/`,
      ACTIONS_RUNTIME_TOKEN: 'the-runtime-token-of-this-test',
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }

  #call(method: string, body: { key?: string; version?: string; restore_keys?: string[] }): object {
    const { key = '', version = '', restore_keys: prefixes = [] } = body
    const same = (entry: Entry) => entry.version === version && entry.key === key
    switch (method) {
      case 'CreateCacheEntry': {
        if (this.entries.some(same)) return { ok: false }
        const id = this.entries.push({ key, version, bytes: Buffer.alloc(0), finished: false }) - 1
        return { ok: true, signed_upload_url: this.#blobUrl(id) }
      }
      case 'FinalizeCacheEntryUpload': {
        const entry = this.entries.find(same)
        if (entry) entry.finished = true
        return { ok: entry !== undefined, entry_id: String(entry ? this.entries.indexOf(entry) : 0) }
      }
      case 'GetCacheEntryDownloadURL': {
        const finished = this.entries.filter(entry => entry.finished && entry.version === version)
        const found =
          finished.find(entry => entry.key === key) ??
          prefixes.map(prefix => finished.findLast(entry => entry.key.startsWith(prefix))).find(Boolean)
        if (!found) return { ok: false }
        return { ok: true, matched_key: found.key, signed_download_url: this.#blobUrl(this.entries.indexOf(found)) }
      }
      default:
        return { ok: false }
    }
  }

  #blobUrl(id: number): string {
    return `${this.#server.url}/account/container/${id}`
  }
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

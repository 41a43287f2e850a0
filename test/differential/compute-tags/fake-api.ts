import type { RequestListener } from 'node:http'

/** How GitHub's API answers in a case: as it should, with an error on every call, or for the repository only. */
export type ApiState = 'up' | 'down' | 'no-commits'

interface Payload {
  readonly repository?: { readonly full_name: string }
}

const REPOSITORY = {
  id: 611203948,
  name: 'tidewater',
  full_name: 'harbour-lane/tidewater',
  private: false,
  html_url: 'https://github.com/harbour-lane/tidewater',
  description: 'Tide tables for small harbours',
  license: { key: 'mit', name: 'MIT License', spdx_id: 'MIT' },
  default_branch: 'main',
}

const GIT_TAGS = ['v2.2.0-rc.1', 'v2.1.0', 'v1.9.4', 'v1.2.3', 'v1.2.2', 'nightly']

/** The routes that the actions use: the repository as the payload shows it, any commit, and the tags in pages of three. */
export function apiListener(payloadText: string, state: ApiState): RequestListener {
  const payload = JSON.parse(payloadText) as Payload
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://api')
    const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
      response.end(JSON.stringify(body))
    }
    if (state === 'down') return answer(500, { message: 'Server Error' })
    if (pathname === '/repos/harbour-lane/tidewater') return answer(200, payload.repository ?? REPOSITORY)
    if (pathname === '/repos/harbour-lane/tidewater/tags') {
      const page = Number(searchParams.get('page') ?? 1)
      const names = GIT_TAGS.slice((page - 1) * 3, page * 3).map(name => ({ name }))
      const next = `<http://${request.headers.host}${pathname}?page=${page + 1}>; rel="next"`
      return answer(200, names, page * 3 < GIT_TAGS.length ? { link: next } : {})
    }
    const commit = /^\/repos\/harbour-lane\/tidewater\/commits\/(\w+)$/.exec(pathname)
    if (commit && state === 'up') {
      return answer(200, {
        sha: commit[1],
        commit: { committer: { name: 'Mira Okafor', date: '2026-09-01T22:15:00Z' } },
      })
    }
    return answer(404, { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' })
  }
}

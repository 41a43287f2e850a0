import { createServer } from 'node:http'
import { databaseState } from './database.js'
import { matches } from './pen-pals.js'

/** What a deploy looks at: is this version fit to serve, and which is it? */
async function health({ version, commit, mongodbUri, missing }) {
  const database = await databaseState(mongodbUri)
  const isHealthy = database !== 'down' && missing.length === 0
  const report = { status: isHealthy ? 'healthy' : 'unhealthy', version, commit, database }
  return [isHealthy ? 200 : 503, missing.length === 0 ? report : { ...report, missing }]
}

function listMatches(query) {
  const list = name => (query.get(name) ?? '').split(',').filter(Boolean)
  const [speaks, learns] = [list('speaks'), list('learns')]
  if (speaks.length === 0 || learns.length === 0)
    return [422, { error: 'give speaks and learns, as in ?speaks=fr&learns=ja' }]
  return [200, { matches: matches({ speaks, learns }) }]
}

export function makeServer(settings) {
  return createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://service')
    const routes = { '/health': () => health(settings), '/matches': () => listMatches(searchParams) }
    const [status, body] =
      request.method === 'GET' && pathname in routes ? await routes[pathname]() : [404, { error: 'not found' }]
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  })
}

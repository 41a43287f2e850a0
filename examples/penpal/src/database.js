import { connect } from 'node:net'

const DEFAULT_PORT = 27017
const TIME_LIMIT_MS = 2_000

/** The hosts that a connection string names: `mongodb://user:password@a,b:27018/penpal` has two. */
export function hostsOf(uri) {
  const [, hosts = ''] = /^mongodb:\/\/(?:[^@/]*@)?([^/?]+)/.exec(uri) ?? []
  return hosts
    .split(',')
    .filter(Boolean)
    .map(host => {
      const [name, port] = host.split(':')
      return { host: name, port: Number(port ?? DEFAULT_PORT) }
    })
}

function answers({ host, port }) {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: TIME_LIMIT_MS })
    const end = result => {
      socket.destroy()
      resolve(result)
    }
    socket.on('connect', () => end(true))
    socket.on('timeout', () => end(false))
    socket.on('error', () => end(false))
  })
}

/** Whether MongoDB can be reached: `up`, `down`, or `none` without a connection string. */
export async function databaseState(uri) {
  if (uri === undefined) return 'none'
  const found = await Promise.all(hostsOf(uri).map(answers))
  return found.includes(true) ? 'up' : 'down'
}

/** 2.17 brought `up --wait-timeout`; before it, Compose's `.env` parser and its JSON differed too. */
const OLDEST = { major: 2, minor: 17 } as const

export interface ComposeAnswers {
  /** What `docker compose version --short` said, errors too. */
  readonly plugin: string
  /** What `docker-compose version` said; '' when there is no such program. */
  readonly python: string
}

/** What is wrong with the server's Compose, and what to do, as an item of a list; undefined when it will do. */
export function checkCompose({ plugin, python }: ComposeAnswers): string | undefined {
  const version = parseComposeVersion(plugin)
  if (version === undefined) return missing(python)
  if (version === 'unnumbered' || isEnough(version)) return undefined
  return `Docker Compose is ${plugin.trim()}, but ${OLDEST.major}.${OLDEST.minor} or newer is needed; ${INSTALL}`
}

export interface ComposeVersion {
  readonly major: number
  readonly minor: number
}

/**
 * Reads `2.26.1-4`, `v2.17.0`, `2.3.3+ds1-0ubuntu1`, `Docker Compose version v5.5.1`; one that somebody built calls itself
 * `dev`. Undefined for everything else: an error, or the Python program.
 */
export function parseComposeVersion(text: string): ComposeVersion | 'unnumbered' | undefined {
  const line = text.trim().split('\n').at(-1)?.trim() ?? ''
  const match = /^(?:Docker Compose version )?v?(?:(\d+)\.(\d+)\.\d+\S*|(dev)|[0-9a-f]{7,40})$/.exec(line)
  if (match === null) return undefined
  const [, major, minor] = match
  return major === undefined ? 'unnumbered' : { major: Number(major), minor: Number(minor) }
}

function isEnough({ major, minor }: ComposeVersion): boolean {
  return major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)
}

const INSTALL = 'install the package docker-compose-plugin: https://docs.docker.com/compose/install/linux/'

function missing(python: string): string {
  const [, version] = /docker-compose version (1\.[\d.]+)/i.exec(python) ?? []
  if (version !== undefined) {
    return `there is only docker-compose ${version}, the Python program whose support ended in 2023; ${INSTALL}`
  }
  if (parseComposeVersion(python) !== undefined) {
    return `Compose is there only as a program of its own, not as a plugin of the docker command; ${INSTALL}`
  }
  return `Docker Compose is missing: there is no command docker compose; ${INSTALL}`
}

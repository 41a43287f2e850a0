import { InvalidValue } from '../values/invalid-value.ts'

/** Reads the path of a project's directory on a server. */
export function parseProjectPath(text: string): string {
  if (!text.startsWith('/'))
    throw new InvalidValue(`is "${text}"; write an absolute path on the server such as /opt/app`)
  if (/[\r\n\0]/.test(text)) throw new InvalidValue('has a line break in it')
  const path = text.replace(/\/+$/, '')
  if (path === '' || path.split('/').includes('..')) {
    throw new InvalidValue(`is "${text}"; write the path of a directory of its own, without ".."`)
  }
  return path
}

/** https://docs.docker.com/compose/how-tos/project-name/ Undefined when it is left to Compose. */
export function parseProjectName(text: string): string | undefined {
  if (text === '') return undefined
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(text)) {
    throw new InvalidValue(
      `is "${text}"; Compose takes lower-case letters, digits, - and _, starting with a letter or digit`,
    )
  }
  return text
}

/** The variable through which Compose takes the active profiles from `.env`. */
export const profilesVariable = 'COMPOSE_PROFILES'

/** Names of profiles, separated by commas or white space. https://docs.docker.com/reference/compose-file/profiles/ */
export function parseProfiles(text: string): string[] {
  const profiles = [...new Set(text.split(/[\s,]+/).filter(Boolean))]
  const wrong = profiles.filter(profile => !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(profile))
  if (wrong.length === 0) return profiles
  throw new InvalidValue(
    `names ${wrong.map(profile => `"${profile}"`).join(', ')}; write the names of profiles of the compose file, which have only letters, digits, "_", "." and "-"`,
  )
}

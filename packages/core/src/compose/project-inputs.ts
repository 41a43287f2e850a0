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

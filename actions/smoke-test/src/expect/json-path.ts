import { JSONPathEnvironment, JSONPathError, type JSONValue } from 'json-p3'

/** RFC 9535 without its two functions for regular expressions: they would run without a time limit. */
const environment = new JSONPathEnvironment()
environment.functionRegister.delete('match')
environment.functionRegister.delete('search')

export interface Found {
  /** In the order of the document. */
  readonly values: readonly unknown[]
  /** The path can lead to one value only: it is made of names and numbers. */
  readonly isSingular: boolean
}

/** What a path leads to. The path was looked at by `problemOfPath` before. */
export function findByPath(path: string, document: unknown): Found {
  const query = environment.compile(path)
  return { values: query.query(document as JSONValue).values(), isSingular: query.singularQuery() }
}

/** What is wrong with a path, in words that read on after it; undefined when nothing is. */
export function problemOfPath(path: string): string | undefined {
  try {
    environment.compile(path)
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof JSONPathError)) throw thrown
    return `is no JSONPath: ${thrown.message}`
  }
}

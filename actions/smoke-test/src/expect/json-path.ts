import { JSONPathEnvironment, JSONPathError, JSONPathRecursionLimitError, type JSONValue } from 'json-p3'

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

/** What a path leads to. The path was looked at by `problemOfPath` before. Throws a RangeError for a document that is too deep. */
export function findByPath(path: string, document: unknown): Found {
  const query = environment.compile(path)
  try {
    return { values: query.query(document as JSONValue).values(), isSingular: query.singularQuery() }
  } catch (thrown) {
    if (thrown instanceof JSONPathRecursionLimitError) throw new RangeError(thrown.message)
    throw thrown
  }
}

/** What is wrong with a path; undefined when nothing is. */
export function problemOfPath(path: string): string | undefined {
  try {
    environment.compile(path)
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof JSONPathError)) throw thrown
    return `this is no JSONPath: ${thrown.message}`
  }
}

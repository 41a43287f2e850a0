/** A place in a document of the user's. */
export interface Position {
  /** A file's path, or the input's name. */
  readonly source: string
  readonly isFile: boolean
  readonly line: number
  readonly column: number
}

export function formatPosition(at: Position): string {
  return at.isFile
    ? `${at.source}:${at.line}:${at.column}`
    : `input \`${at.source}\`, line ${at.line}, column ${at.column}`
}

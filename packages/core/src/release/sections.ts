/**
 * Many answers in one round trip: the server's program prints a line `MARK name` before each, where MARK is a word that the caller
 * made up for this run, so that no file's content is mistaken for one.
 */
export function parseSections(output: string, mark: string): Map<string, string> {
  const sections = new Map<string, string>()
  for (const part of output.split(new RegExp(`^${mark} `, 'm')).slice(1)) {
    const end = part.indexOf('\n')
    sections.set(end < 0 ? part : part.slice(0, end), end < 0 ? '' : part.slice(end + 1).replace(/\n$/, ''))
  }
  return sections
}

export type Sections = ReadonlyMap<string, string>

/** A section's text without outer white space; '' when there is none. */
export function textIn(sections: Sections, name: string): string {
  return sections.get(name)?.trim() ?? ''
}

/** A section's lines that are not empty. */
export function linesIn(sections: Sections, name: string): string[] {
  return (sections.get(name) ?? '').split('\n').filter(line => line !== '')
}

/** The lines of a section as text for a file: each with its line break. */
export function fileIn(sections: Sections, name: string): string {
  return linesIn(sections, name)
    .map(line => `${line}\n`)
    .join('')
}

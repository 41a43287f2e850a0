import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const FILES = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'] as const

type FileName = (typeof FILES)[number]

/** The files through which a step tells its runner something. */
export class CommandFiles {
  readonly environment: Readonly<Record<FileName, string>>

  constructor(folder: string) {
    const paths = FILES.map(name => [name, path.join(folder, name.toLowerCase())] as const)
    for (const [, file] of paths) writeFileSync(file, '')
    this.environment = Object.fromEntries(paths) as Record<FileName, string>
  }

  pairs(name: 'GITHUB_OUTPUT' | 'GITHUB_STATE' | 'GITHUB_ENV'): Record<string, string> {
    return parseKeyValueFile(this.text(name))
  }

  text(name: FileName): string {
    return readFileSync(this.environment[name], 'utf8')
  }
}

/** Reads `name=value` and `name<<delimiter` entries, and refuses what the runner refuses. */
export function parseKeyValueFile(text: string): Record<string, string> {
  const pairs: Record<string, string> = {}
  const lines = text.split(/\r?\n/)
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
    if (line === '') continue
    const heredoc = /^([^=]*?)<<(.+)$/.exec(line)
    if (heredoc) {
      const [, name = '', delimiter = ''] = heredoc
      const end = lines.indexOf(delimiter, index + 1)
      if (end === -1) throw new Error(`The value of ${name} has no end: ${delimiter} does not follow.`)
      pairs[name] = lines.slice(index + 1, end).join('\n')
      index = end
      continue
    }
    const at = line.indexOf('=')
    if (at === -1) throw new Error(`Invalid format '${line}'`)
    pairs[line.slice(0, at)] = line.slice(at + 1)
  }
  return pairs
}

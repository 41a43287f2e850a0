import { readdirSync } from 'node:fs'
import { serverProgram } from '@deploy-actions/build/server-program'
import { expect, test } from '@jest/globals'
import { COMMANDS } from './programs.ts'

/** Words of the program's own language, and of what it prints, that are names of commands as well. */
const NO_COMMANDS = new Set(['link', 'login', 'ps', 'size'])

test('every external command of the program has a shim', () => {
  const known: ReadonlySet<string> = new Set(COMMANDS)
  const external = new Set(['/usr/bin', '/bin'].flatMap(folder => readdirSync(folder)))
  const text = serverProgram()
  const isForeign = (name: string) => !BUILT_IN.has(name) && !NO_COMMANDS.has(name) && !text.includes(`\n${name}()`)
  const missing = commandsOf(text).filter(name => external.has(name) && !known.has(name) && isForeign(name))
  expect(missing).toStrictEqual([])
})

test('every shim is for a command that the program starts', () => {
  const used = new Set(commandsOf(serverProgram()))
  expect(COMMANDS.filter(name => !used.has(name))).toStrictEqual([])
})

const BUILT_IN = new Set(
  '[ alias bg cd command echo eval exec exit export false fg getopts hash jobs kill printf pwd read set test times trap true type ulimit umask unalias unset wait'.split(
    ' ',
  ),
)

/** Words at the place of a command: at the beginning of a line, after an operator or a word that takes a command. */
function commandsOf(text: string): string[] {
  const code = text
    .split('\n')
    .filter(line => !/^\s*#/.test(line))
    .map(line => line.replace(/'[^']*'/g, "''"))
    .join('\n')
  const place =
    /(?:^|[;&|(){}!\n`]|\$\(|\b(?:then|do|else|if|elif|while|until|exec|clean|timeout(?: -k \d+)? \S+|setsid|xargs -0|-exec)\s)\s*(?:[A-Za-z_]+=\S*\s+)*([a-z][a-z0-9_-]*)(?=[\s;)&|]|$)/gm
  const found = new Set<string>()
  // Overlapping: the word behind `xargs -0` as well as xargs itself.
  for (let at = 0; at < code.length; at++) {
    place.lastIndex = at
    const match = place.exec(code)
    if (match?.[1] === undefined) break
    found.add(match[1])
    at = match.index
  }
  return [...found].sort()
}

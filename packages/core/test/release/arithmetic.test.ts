import { join } from 'node:path'
import { PROGRAM } from '@deploy-actions/core/release/program.generated'
import { describe, expect, it } from '@jest/globals'
import { ProjectFolder } from './project-folder.ts'

interface Body {
  readonly name: string
  readonly lines: readonly string[]
}

/** The functions of a program, and '' for what stands outside of them. */
function bodiesOf(program: string): Body[] {
  const outside: string[] = []
  const bodies: { name: string; lines: string[] }[] = [{ name: '', lines: outside }]
  let open: string[] | undefined
  for (const line of program.split('\n')) {
    if (/^\s*#/.test(line)) continue
    const [, name, rest] = /^(\w+)\(\) [{(](.*)$/.exec(line) ?? []
    if (name !== undefined && rest !== undefined) {
      open = [rest]
      bodies.push({ name, lines: open })
      if (/[})]$/.test(rest)) open = undefined
    } else if (/^[})]$/.test(line)) open = undefined
    else (open ?? outside).push(line)
  }
  return bodies
}

const COMPARISON = /("[^"]*"|\S+) -(?:lt|le|gt|ge|eq|ne) ("[^"]*"|\S+)/g
const CALCULATION = /\$\(\(((?:[^()]|\([^()]*\))*)\)\)/g
/** Always numbers: the length of a text, the number of arguments, an exit status, and what was calculated. */
const NUMBERS = /\$\{#\w+\}|\$#|\$\?/g

/** The names and positional parameters that a line calculates or compares with, and what else stands there. */
function operandsOf(line: string): string[] {
  const calculated = [...line.matchAll(CALCULATION)].flatMap(
    ([, text = '']) => text.replaceAll(NUMBERS, '0').match(/\$\w+|[A-Za-z_]\w*/g) ?? [],
  )
  const compared = [...line.replaceAll(CALCULATION, '0').replaceAll(NUMBERS, '0').matchAll(COMPARISON)]
    .flatMap(([, one = '', other = '']) => [one.replaceAll('"', ''), other.replaceAll('"', '')])
    .filter(word => !/^\d+$/.test(word))
  return [...calculated, ...compared].map(word => word.replace(/^\$(\w+)$/, '$1'))
}

/** The values that a line gives a variable: a text, or '?' for what comes from somewhere else. */
function assignmentsOf(line: string, name: string): string[] {
  const given = [...line.matchAll(new RegExp(`(?:^|[\\s;(&{'"])${name}=(\\$\\(\\(|[^\\s;]*)`, 'g'))].map(
    ([, value = '']) => value,
  )
  const isRead = new RegExp(`\\bread -r(?: \\w+)* ${name}\\b|\\bfor ${name}\\b`).test(line)
  return isRead ? [...given, '?'] : given
}

const isLiteral = (value: string) => /^(?:\d+|\$#|\$\(\()$/.test(value)

/** Calculations and comparisons with what was not made by the program itself and was not looked at by is_number before, in the same function. */
function unchecked(program: string): string[] {
  const bodies = bodiesOf(program)
  const everywhere = bodies.flatMap(({ lines }) => lines)
  return bodies.flatMap(({ name: body, lines }) =>
    lines.flatMap((line, at) => {
      const before = lines.slice(0, at)
      const isSafe = (operand: string) => {
        const check = `is_number "$${operand}"`
        // On one line, only what stands before the first operand counts.
        if (before.some(text => text.includes(check)) || isBefore(line, check)) return true
        if (/^\d+$|\W/.test(operand)) return false
        const own = lines.flatMap(text => assignmentsOf(text, operand))
        const first = before.flatMap(text => assignmentsOf(text, operand))
        return own.length > 0
          ? first.some(isLiteral) && own.every(isLiteral)
          : everywhere.flatMap(text => assignmentsOf(text, operand)).every(isLiteral)
      }
      return operandsOf(line)
        .filter(operand => !isSafe(operand))
        .map(operand => `${body}: ${operand}`)
    }),
  )
}

function isBefore(line: string, check: string): boolean {
  const checked = line.indexOf(check)
  return checked !== -1 && checked < line.search(/\$\(\(| -(?:lt|le|gt|ge|eq|ne) /)
}

/** Puts one more line into a function of the program. */
const planted = (name: string, line: string) => PROGRAM.replace(`\n${name}() {\n`, `$&  ${line}\n`)

describe('arithmetic in the server program', () => {
  it('is done with numbers that were looked at before', () => {
    expect(unchecked(PROGRAM)).toEqual([])
    expect(bodiesOf(PROGRAM).flatMap(({ lines }) => lines.flatMap(operandsOf)).length).toBeGreaterThan(25)
  })

  it.each([
    ['a value of a file', 'next_epoch', 'planted=$(pending attempts); planted=$((planted + 1))', 'planted'],
    [
      'a value of a file that is compared',
      'next_epoch',
      'planted=$(pending attempts) && [ "$planted" -lt 5 ]',
      'planted',
    ],
    ['a line that was read', 'next_epoch', 'while read -r planted; do : "$((1 + planted))"; done', 'planted'],
    ['an argument', 'next_epoch', ': "$(($1 + 1))"', '1'],
    ['an argument that is compared', 'next_epoch', '[ 5 -gt "$1" ]', '1'],
    ['what a command prints', 'next_epoch', '[ "$(cat x)" -lt 5 ]', '$(cat x)'],
    ['a number that is replaced', 'next_epoch', 'planted=1; planted=$(cat x); : "$((planted))"', 'planted'],
    ['a constant that another function replaces', 'next_epoch', 'LOOK_EVERY=$(cat x)', 'LOOK_EVERY'],
  ])('would be found with %s', (_, name, line, operand) => {
    expect(unchecked(planted(name, line)).map(found => found.split(': ')[1])).toContain(operand)
  })

  it('would not be found with a number that was looked at', () => {
    expect(unchecked(planted('next_epoch', 'is_number "$1" || return 1; [ "$1" -lt 5 ]'))).toEqual([])
  })
})

/** What runs a command where bash takes it for a number. Of a variable that is not set, `set -u` ends the program before. */
const POISON = 'PATH[$(touch "$EXECUTED")]'

/** Changes the values of a file as a container can that mounts the project directory. */
function edit(folder: ProjectFolder, path: string, values: RegExp): void {
  folder.write(
    path,
    folder.read(path).replace(values, (_, key) => `${key} ${POISON}`),
  )
}

describe.each(['/bin/bash', '/bin/dash'])('with %s as sh, what a container has written in .deploy', shell => {
  const filesOf = (id: string) => ({ 'compose.yaml': id, [`only-${id}`]: id })
  const CONTAINER = '0123456789abcdef'

  /** r2 was confirmed after r1; an engine with a container; a disk that seems to be nearly full. */
  function project(): ProjectFolder {
    const folder = new ProjectFolder()
    for (const id of ['r1', 'r2', 'r3']) folder.release(id, filesOf(id))
    folder.holds('r2', filesOf('r2'), 'r1')
    folder.write('.deploy/reserve', 'x'.repeat(5 * 1024 * 1024))
    folder.write('.deploy/stopped', '\n'.repeat(200))
    folder.useShell(shell)
    folder.tool('docker', `case "$*" in 'ps -a '*' -q'*) echo ${CONTAINER} ;; esac`)
    folder.tool('df', 'printf "Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/x 9 9 %s 50%% /\\n" 1000')
    folder.env = { EXECUTED: join(folder.path, 'executed') }
    return folder
  }

  /** Every file of which a value is calculated with, or was at one time. */
  function poison(folder: ProjectFolder): void {
    for (const file of ['epoch', 'journal.jsonl']) folder.write(`.deploy/${file}`, `${POISON}\n`)
    folder.write('.deploy/stopped', `${POISON}\n`.repeat(20))
    edit(folder, '.deploy/pending', /^(confirm-timeout|wall-deadline|attempts) .*$/gm)
    for (const id of ['r1', 'r2', 'r3']) edit(folder, `.deploy/releases/${id}/plan`, /^(timeout) .*$/m)
  }

  it('is not executed', async () => {
    using folder = project()
    poison(folder)
    // Nothing can be put in place: then the way with the room on a nearly full disk is taken, too.
    folder.tool('ln', 'case "$*" in *releases/*) exit 1 ;; esac; exec /bin/ln "$@"')
    expect((await folder.rollbackSh('r1')).stdout).toContain('the disk is full')
    folder.repair('ln')
    poison(folder)
    const { stdout } = await folder.call('open', ['90', '{"who":"a test"}', 'me'])
    const epoch = /^locked (\d+) /m.exec(stdout)?.[1] ?? ''
    expect(folder.read('.deploy/epoch')).toBe(`${epoch}\n`)
    poison(folder)
    folder.write('.deploy/epoch', `${epoch}\n`)
    await folder.call('activate', [epoch, 'me', 'r3', 'r2'])
    expect(folder.has('executed')).toBe(false)
  })

  it('as the size of a file to copy is not executed', async () => {
    using folder = project()
    folder.tool('stat', `case "$*" in '-c %s'*) echo '${POISON}' ;; *) exec /usr/bin/stat "$@" ;; esac`)
    const { status, stdout } = await folder.activate('r3', 'r2')
    expect([status, folder.has('executed')]).toEqual([65, false])
    expect(stdout).toContain('there is no room on the disk')
  })
})

describe('an epoch that is not a number as the program writes them', () => {
  it.each(['08', '010', '9'.repeat(40), 'x', ''])('%j is replaced by the first one', async text => {
    using folder = new ProjectFolder()
    folder.write('.deploy/epoch', `${text}\n`)
    const { stdout } = await folder.call('open', ['90', '{"who":"a test"}', 'me'])
    expect([/^locked (\d+) /m.exec(stdout)?.[1], folder.read('.deploy/epoch')]).toEqual(['1', '1\n'])
  })
})

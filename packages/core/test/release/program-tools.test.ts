import { readFileSync } from 'node:fs'
import { PROGRAM } from '@deploy-actions/core/release/program.generated'
import { parseServer } from '@deploy-actions/core/release/survey'
import { afterEach, beforeEach, describe, expect, it, test } from '@jest/globals'
import { ProjectFolder } from './project-folder.ts'

const FILES = { 'compose.yaml': 'r2' }

let project: ProjectFolder
beforeEach(() => {
  project = new ProjectFolder()
  for (const id of ['r1', 'r2']) project.release(id, FILES)
  project.holds('r2', FILES, 'r1')
})
afterEach(() => project[Symbol.dispose]())

const missing = async () => parseServer((await project.call('survey')).sections).missingTools
/** The machine's own tool, but for a use of it. */
const refuse = (tool: string, use: string) =>
  project.tool(tool, `case " $* " in ${use}) exit 1 ;; esac; PATH=\${PATH#*:}; exec ${tool} "$@"`)

describe('the survey', () => {
  it('finds nothing wrong with the tools of this machine', async () => {
    expect(await missing()).toEqual([])
  })

  it('names a tool that is missing once', async () => {
    project.lacks('flock')
    expect(await missing()).toEqual(['flock'])
  })

  it.each([
    ['flock -n', 'flock', '*" -n "*'],
    ['timeout -k', 'timeout', '*" -k "*'],
    ['find -mmin', 'find', '*" -mmin "*'],
    ['find -exec {} +', 'find', '*" + "*'],
    ['xargs -0', 'xargs', '*" -0 "*'],
    ['stat -c', 'stat', '*" -c "*'],
    ['sha256sum -c', 'sha256sum', '*" -c "*'],
    ['sleep 0.1', 'sleep', '*.*'],
    ['tar -x -m -o -p', 'tar', '*" -m "*'],
  ])('names a use of a tool that does not work: %s', async (name, tool, use) => {
    refuse(tool, use)
    expect(await missing()).toContain(name)
  })

  it('does not take a tool that prints something else for one that works', async () => {
    project.tool('sort', 'cat "$2"')
    expect(await missing()).toContain('sort -u')
  })
})

describe('rollback.sh', () => {
  it('is refused before anything is touched, with what does not work', async () => {
    refuse('comm', '*" -12 "*')
    const { exitCode, stderr } = await project.rollbackSh('r1')
    expect([exitCode, project.phase, project.read('.deploy/epoch')]).toEqual([65, 'confirmed', '1\n'])
    expect(stderr).toContain('do not work as this program uses them')
    expect(stderr).toMatch(/^comm -12$/m)
  })

  it('goes on where there is no folder to try them in', async () => {
    project.tool('mktemp', 'case "$*" in *deploy-actions-lists*) exit 1 ;; esac; exec /usr/bin/mktemp "$@"')
    expect((await project.rollbackSh('r1')).exitCode).toBe(0)
  })
})

/** Options of POSIX, and those that the program can do without. */
const UNTRIED = new Set(
  'cp -al,cut -c,date -u,df -Pk,grep -F,grep -q,grep -qi,head -n,id -u,ln -sf,mkdir -p,mv -f,mv -fT,rm -f,rm -rf,sed -e,sed -n,sort -r,stat -f,tr -d,wc -c,wc -l'.split(
    ',',
  ),
)
/** Options of a command that another one starts. */
const INNER = /^(find -rf|rm -v|timeout -(?!k).*|xargs -(?!0).*)$/

test('every option that the program uses is tried, or is one of POSIX', () => {
  const part = readFileSync(new URL('../../src/release/scripts/tools.sh', import.meta.url), 'utf8')
  const own = part.slice(part.indexOf("TOOLS='"))
  expect(PROGRAM).toContain(own)
  const tools = (/TOOLS='(.*)'/.exec(own)?.[1] ?? '').split(' ')
  const tried = optionsIn(own, tools)
  const used = [
    ...optionsIn(
      PROGRAM.replace(own, () => ''),
      tools,
    ),
  ]
  expect(used.filter(option => !tried.has(option) && !UNTRIED.has(option) && !INNER.test(option))).toEqual([])
})

/** `find -mmin` for each option behind the name of a tool. */
function optionsIn(text: string, tools: readonly string[]): Set<string> {
  const code = text.replace(/^\s*#.*$/gm, '')
  return new Set(
    tools.flatMap(tool =>
      [...code.matchAll(new RegExp(`(?<![\\w./-])${tool}((?: [^|;&<>\\n)]*)?)`, 'g'))]
        .flatMap(([, rest = '']) => rest.match(/(?<= )-[a-zA-Z]+/g) ?? [])
        .map(option => `${tool} ${option}`),
    ),
  )
}

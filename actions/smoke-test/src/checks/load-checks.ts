import type { Environment } from '@deploy-actions/core/runner/inputs'
import type { Log } from '@deploy-actions/core/runner/log'
import { type Mistake, Mistakes } from '@deploy-actions/core/yaml/mistakes'
import { formatPosition } from '@deploy-actions/core/yaml/position'
import { parseYaml, type Tree, type YamlSource } from '@deploy-actions/core/yaml/tree'
import type { Check, CheckPlan, Making } from '../check.ts'
import type { Inputs } from '../inputs.ts'
import { readDocument } from './document.ts'
import { ChecksMistaken } from './mistaken.ts'
import { type ReadCheck, readCheck, type Settings } from './read-check.ts'
import { entryOf, spellings } from './reader.ts'
import { Reading, type Scope } from './reading.ts'
import { checkReferences } from './references.ts'
import { pathsOf, readUrlLines } from './sources.ts'

/** A JSON Schema in a check goes deep. */
const DEEPEST = 60

/** Gives the text of a file in the workspace; undefined when it is not there. */
export type ReadFile = (path: string) => Promise<string | undefined>

/**
 * Reads the checks of the input `checks` and of the files, in the order in which they are written. Throws ChecksMistaken with
 * everything that is wrong, before anything was asked.
 */
export async function loadChecks(
  inputs: Pick<Inputs, 'checks' | 'checksFiles' | 'defaults' | 'connection'>,
  env: Environment,
  readFile: ReadFile,
  log?: Pick<Log, 'warning'>,
): Promise<readonly CheckPlan[]> {
  const mistakes = new Mistakes()
  const trees = await readTrees(inputs, readFile, mistakes)
  const scope = await scopeOf(trees, env, readFile)
  const plans: Planned[] = []
  const disabled = new Set<string>()
  for (const tree of trees) {
    const document = readDocument(tree, new Reading(scope, mistakes))
    for (const item of document.items) {
      if (isDisabled(item, new Reading(scope, mistakes))) disabled.add(nameIn(item))
      else plans.push(...planOf(item, scope, { inputs, common: document.common }, mistakes))
    }
  }
  checkReferences(
    plans.map(({ referring }) => referring),
    disabled,
    mistakes,
  )
  await checkPaths(plans, mistakes)
  if (mistakes.list.length === 0 && plans.length === 0)
    mistakes.add(wholeOf(inputs), 'there is no check here that is enabled')
  if (mistakes.list.length > 0) throw new ChecksMistaken(sorted(mistakes.list, ['checks', ...inputs.checksFiles]))
  for (const { plan, read } of plans) warn(plan, read.check, log)
  return plans.map(({ plan }) => plan)
}

interface Planned {
  readonly plan: CheckPlan
  readonly read: ReadCheck
  readonly referring: Parameters<typeof checkReferences>[0][number]
}

async function readTrees(
  { checks, checksFiles }: Pick<Inputs, 'checks' | 'checksFiles'>,
  readFile: ReadFile,
  mistakes: Mistakes,
): Promise<Tree[]> {
  const sources: YamlSource[] = checks.trim() === '' ? [] : [{ name: 'checks', isFile: false, text: checks }]
  for (const name of checksFiles) {
    const text = await readFile(name)
    if (text !== undefined) sources.push({ name, isFile: true, text })
    else
      mistakes.add(
        { source: name, isFile: true, line: 1, column: 1 },
        'this file of `checks-file` is not in the workspace; does a step before this one check the repository out?',
      )
  }
  const trees: Tree[] = []
  for (const source of sources) {
    const tree = readUrlLines(source) ?? (await parseYaml(source, mistakes, { maxDepth: DEEPEST }))
    if (tree !== undefined) trees.push(tree)
  }
  return trees
}

async function scopeOf(trees: readonly Tree[], env: Environment, readFile: ReadFile): Promise<Scope> {
  const paths = trees.flatMap(tree => pathsOf(tree, spellings('json-schema')))
  const files = await Promise.all([...new Set(paths)].map(async path => [path, await readFile(path)] as const))
  const captures = trees.flatMap(itemsOf).flatMap(item => {
    const names = entryOf(item, 'capture')?.value
    return names?.kind === 'map' ? names.entries.map(({ key }) => key) : []
  })
  return { env, captures: new Set(captures), captured: undefined, placeholder: named, files: new Map(files) }
}

const named = (name: string) => `captured-${name}`
/** What may stand for a captured value before the run: one of these fits wherever a text, a number or a URL is wanted. */
const PLACEHOLDERS = [named, () => '1', () => 'https://captured.invalid/']

function itemsOf(tree: Tree): readonly Tree[] {
  const list = tree.kind === 'list' ? tree : entryOf(tree, 'checks')?.value
  return list?.kind === 'list' ? list.items : []
}

/** A check that is left out is not read: its variables may be missing for the same reason. */
function isDisabled(item: Tree, reading: Reading): boolean {
  const enabled = entryOf(item, 'enabled')?.value
  return enabled !== undefined && reading.text(enabled) === 'false'
}

function nameIn(item: Tree): string {
  const name = entryOf(item, 'name')?.value
  return name?.kind === 'scalar' ? name.text : ''
}

function planOf(item: Tree, scope: Scope, settings: Settings, mistakes: Mistakes): Planned[] {
  const { read, uses, found } = firstReading(item, scope, settings)
  for (const { at, text } of found) mistakes.add(at, text)
  if (read === undefined) return []
  const { check, needs, target } = read
  const { name, group, at, severity, from, subject, captures } = check
  const make = (captured: Parameters<CheckPlan['make']>[0]): Making =>
    uses.length === 0 ? { ok: true, check } : makeWith(item, { ...scope, captured }, settings, name)
  return [
    {
      plan: { name, group, at, kind: subject.kind, severity, from, target, needs, make },
      read,
      referring: { name, at, needs, captures: captures.map(capture => capture.name), uses },
    },
  ]
}

/** Reads a check with what may stand for the values that are not known yet. */
function firstReading(item: Tree, scope: Scope, settings: Settings) {
  for (const placeholder of PLACEHOLDERS) {
    const mistakes = new Mistakes()
    const reading = new Reading({ ...scope, placeholder }, mistakes)
    const read = readCheck(item, reading, settings)
    if (read !== undefined || mistakes.list.length > 0) {
      return { read, uses: [...reading.usedCaptures], found: mistakes.list }
    }
  }
  return { read: undefined, uses: [], found: [{ at: item.at, text: NO_PLACEHOLDER }] }
}

const NO_PLACEHOLDER = 'what it takes from other checks cannot stand in all of these places; use it in one'

/** Reads a check once more, now with the values that it takes from others. */
function makeWith(item: Tree, scope: Scope, settings: Settings, name: string): Making {
  const mistakes = new Mistakes()
  const read = readCheck(item, new Reading(scope, mistakes), settings)
  const [first] = mistakes.list
  if (read !== undefined && first === undefined) return { ok: true, check: { ...read.check, name } }
  return {
    ok: false,
    reason: `what it takes from another check does not fit${first ? ` in line ${first.at.line}: ${first.text}` : ''}`,
  }
}

/** The library for JSONPath is loaded only when there is one. */
async function checkPaths(plans: readonly Planned[], mistakes: Mistakes): Promise<void> {
  const paths = plans.flatMap(({ read: { check } }) => pathsIn(check).map(path => ({ path, at: check.at })))
  if (paths.length === 0) return
  const { problemOfPath } = await import('../expect/json-path.ts')
  for (const { path, at } of paths) {
    const problem = problemOfPath(path)
    if (problem !== undefined) mistakes.add(at, `\`${path}\` ${problem}`)
  }
}

function pathsIn({ expectations, captures }: Check): string[] {
  const expected = expectations.flatMap(expectation => (expectation.kind === 'value' ? [expectation.source] : []))
  return [...expected, ...captures.map(({ source }) => source)].flatMap(source =>
    source.part === 'json' ? [source.path] : [],
  )
}

function warn({ name }: CheckPlan, { subject }: Check, log: Pick<Log, 'warning'> | undefined): void {
  if ((subject.kind === 'http' || subject.kind === 'tls') && subject.tls.insecure) {
    log?.warning(
      `"${name}" takes any certificate (insecure-skip-verify), so that anyone in between can answer for the server.`,
    )
  }
}

function wholeOf({ checks, checksFiles }: Pick<Inputs, 'checks' | 'checksFiles'>) {
  const isFile = checks.trim() === ''
  return { source: isFile ? (checksFiles[0] ?? '') : 'checks', isFile, line: 1, column: 1 }
}

/** By place, so that they can be mended from top to bottom. */
function sorted(mistakes: readonly Mistake[], sources: readonly string[]): Mistake[] {
  const unique = new Map(mistakes.map(mistake => [`${formatPosition(mistake.at)} ${mistake.text}`, mistake]))
  return [...unique.values()].sort(
    ({ at: a }, { at: b }) =>
      sources.indexOf(a.source) - sources.indexOf(b.source) || a.line - b.line || a.column - b.column,
  )
}

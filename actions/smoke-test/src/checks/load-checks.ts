import type { Environment } from '@deploy-actions/core/runner/inputs'
import type { Log } from '@deploy-actions/core/runner/log'
import { type Mistake, Mistakes } from '@deploy-actions/core/yaml/mistakes'
import { formatPosition } from '@deploy-actions/core/yaml/position'
import type { Tree } from '@deploy-actions/core/yaml/tree'
import type { CheckPlan } from '../check.ts'
import type { Inputs } from '../inputs.ts'
import { readDocument } from './document.ts'
import { ChecksMistaken } from './mistaken.ts'
import { type Planned, planCheck } from './plan.ts'
import { entryOf, spellings } from './reader.ts'
import { Reading, type Scope } from './reading.ts'
import { checkReferences } from './references.ts'
import { pathsOf, type ReadFile, readSources } from './sources.ts'

/**
 * Reads the checks of the input `checks` and of the files, in the order in which they are written. Throws one error with everything
 * that is wrong, in the inputs too, before anything is requested.
 */
export async function loadChecks(
  inputs: Pick<Inputs, 'checks' | 'checksFiles' | 'defaults' | 'connection' | 'wrong'>,
  env: Environment,
  readFile: ReadFile,
  log?: Pick<Log, 'warning'>,
): Promise<readonly CheckPlan[]> {
  const mistakes = new Mistakes()
  const trees = await readSources(inputs, readFile, mistakes)
  const scope = await scopeOf(trees, env, readFile)
  const plans: Planned[] = []
  const [disabled, unread] = [new Set<string>(), new Set<string>()]
  for (const tree of trees) {
    const { items, common } = readDocument(tree, new Reading(scope, mistakes))
    for (const item of items) {
      if (isDisabled(item, new Reading(scope, mistakes))) {
        disabled.add(nameIn(item))
        continue
      }
      const planned = planCheck(item, scope, { inputs, common }, mistakes)
      if (planned === undefined) unread.add(nameIn(item))
      else plans.push(planned)
    }
  }
  const distinct = withDistinctNames(plans)
  const referring = distinct.map(plan => plan.referring)
  checkReferences(referring, { disabled, unread }, mistakes)
  await checkPaths(distinct, mistakes)
  const { list } = mistakes
  if (trees.length > 0 && list.length === 0 && plans.length === 0)
    mistakes.add(startOf(inputs), 'there is no check here that is enabled')
  if (list.length > 0) throw new ChecksMistaken(sorted(list, ['checks', ...inputs.checksFiles]), inputs.wrong)
  if (inputs.wrong) throw inputs.wrong
  for (const planned of distinct) warn(planned, log)
  return distinct.map(({ plan }) => plan)
}

/** Default names hide the values of a query, so that two URLs may have the same: the later ones get their line. */
function withDistinctNames(plans: readonly Planned[]): Planned[] {
  const firsts = new Map<string, Planned>()
  return plans.map(planned => {
    const { name, at } = planned.plan
    const first = firsts.get(name)
    const isOther = first !== undefined && !planned.read.isNamed && subjectOf(first) !== subjectOf(planned)
    const names = isOther ? [`${name} (line ${at.line})`, `${name} (${at.source}, line ${at.line})`] : [name]
    const free = names.find(candidate => !firsts.has(candidate)) ?? name
    if (!firsts.has(free)) firsts.set(free, planned)
    return free === name ? planned : renamed(planned, free)
  })
}

function subjectOf({ read }: Planned): string {
  return JSON.stringify(read.check.subject)
}

function renamed({ plan, read, referring, paths }: Planned, name: string): Planned {
  const make: CheckPlan['make'] = captured => {
    const making = plan.make(captured)
    return making.ok ? { ok: true, check: { ...making.check, name } } : making
  }
  return { plan: { ...plan, name, make }, read, referring: { ...referring, name }, paths }
}

async function scopeOf(trees: readonly Tree[], env: Environment, readFile: ReadFile): Promise<Scope> {
  const paths = trees.flatMap(tree => pathsOf(tree, spellings('json-schema')))
  const files = await Promise.all([...new Set(paths)].map(async path => [path, await readFile(path)] as const))
  const captures = trees.flatMap(itemsOf).flatMap(item => {
    const names = entryOf(item, 'capture')?.value
    return names?.kind === 'map' ? names.entries.map(({ key }) => key) : []
  })
  return { env, captures: new Set(captures), captured: undefined, placeholder: name => name, files: new Map(files) }
}

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

/** The libraries for JSONPath and for CSS are loaded only when there is such a path. */
async function checkPaths(plans: readonly Planned[], mistakes: Mistakes): Promise<void> {
  const paths = plans.flatMap(plan => plan.paths)
  const problemOf = {
    json: paths.some(({ language }) => language === 'json') && (await import('../expect/json-path.ts')).problemOfPath,
    html: paths.some(({ language }) => language === 'html') && (await import('../expect/html.ts')).problemOfSelector,
  }
  for (const { language, path, at } of paths) {
    const look = problemOf[language]
    const problem = look ? look(path) : undefined
    if (problem !== undefined) mistakes.add(at, problem)
  }
}

function warn({ plan: { name }, read }: Planned, log: Pick<Log, 'warning'> | undefined): void {
  const { subject } = read.check
  if ((subject.kind === 'http' || subject.kind === 'tls') && subject.tls.insecure) {
    log?.warning(
      `"${name}" takes any certificate (insecure-skip-verify), so that anyone in between can answer for the server.`,
    )
  }
}

function startOf({ checks, checksFiles: [file = ''] }: Pick<Inputs, 'checks' | 'checksFiles'>) {
  const isFile = checks.trim() === ''
  return { source: isFile ? file : 'checks', isFile, line: 1, column: 1 }
}

/** By place, so that they can be mended from top to bottom. */
function sorted(mistakes: readonly Mistake[], sources: readonly string[]): Mistake[] {
  const unique = new Map(mistakes.map(mistake => [`${formatPosition(mistake.at)} ${mistake.text}`, mistake]))
  return [...unique.values()].sort(
    ({ at: a }, { at: b }) =>
      sources.indexOf(a.source) - sources.indexOf(b.source) || a.line - b.line || a.column - b.column,
  )
}

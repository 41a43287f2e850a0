import type { GitHubRun } from '@deploy-actions/core/runner/github-run'
import { ActionError } from '@deploy-actions/core/values/action-error'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { deployTags } from './deploy-tags.ts'
import { deployTarget } from './environments.ts'
import { type EventFacts, eventFacts } from './event-facts.ts'
import { globalExpressions } from './expressions.ts'
import type { Inputs } from './inputs.ts'
import { type LabelSources, labelLines } from './labels.ts'
import { type Metadata, type StepOutputs, stepOutputs } from './outputs.ts'
import { isOtherComponent, policyEntries } from './policy.ts'
import { describeEntry, type Entry, Problems } from './problems.ts'
import type { RepositoryData } from './repository-data.ts'
import { runVersion } from './run-version.ts'
import { allGitTags, checkedOut, dateOfCommit, repositoryData, type Sources } from './sources.ts'
import { summaryMarkdown } from './summary.ts'
import { parseTagEntry, sortEntries, type TagEntry } from './tag-entry.ts'
import { tagSet } from './tag-set.ts'
import type { TagWorld } from './tag-world.ts'
import { templateEngine } from './template.ts'
import { unknownNames } from './unknown-names.ts'

export interface RunResult {
  readonly facts: EventFacts
  readonly metadata: Metadata
  readonly outputs: StepOutputs
  readonly warnings: readonly string[]
  readonly notices: readonly string[]
  readonly summary: string
}

/** Works out tags, labels and target of a run. Sets nothing: what it returns is all or nothing. */
export async function run(inputs: Inputs, githubRun: GitHubRun, sources: Sources): Promise<RunResult> {
  const warnings = [...inputs.warnings]
  const notices = [...inputs.notices]
  const warn = (text: string) => {
    if (!warnings.includes(text)) warnings.push(text)
  }
  const tree = inputs.context === 'git' ? await checkedOut(githubRun, sources, warn) : undefined
  const facts = eventFacts(githubRun, { shaSource: inputs.shaSource, checkedOut: tree })
  const entries = sortEntries(entriesOf(inputs, facts))
  const problems = new Problems()

  const repository = needsRepository(inputs, entries, facts)
    ? // The events of act describe no repository: that is nothing to be warned of.
      await repositoryData(githubRun, sources, githubRun.service === 'act' ? text => notices.push(text) : warn)
    : NOTHING_KNOWN
  const gitTags = await tagsForHighest(inputs, entries, facts, sources, problems)
  const world = await tagWorld({ inputs, entries, facts, sources, repository, gitTags, warn })
  checkDefaultBranch(entries, world, problems)
  problems.finish('The tags cannot be made')

  const set = tagSet(entries, world, problems)
  for (const text of [inputs.flavor.prefix, inputs.flavor.suffix])
    for (const unknown of unknownNames(text, world)) problems.addText(`\`flavor\` ${unknown}`)
  const fill = (input: string, lines: readonly Entry[]) => {
    for (const line of lines)
      for (const unknown of unknownNames(line.text, world)) warn(`\`${input}\` ${describeEntry(line)} ${unknown}`)
    return filled(input, lines, world, problems)
  }
  const labelSources: LabelSources = {
    repository,
    version: set.version,
    created: createdDate(inputs, world),
    revision: facts.sha,
  }
  const labelOptions = { withDefaults: inputs.defaultLabels, withEmpty: inputs.emptyLabels }
  const metadata: Metadata = {
    set,
    images: inputs.images,
    labels: labelLines(fill('labels', inputs.labels), labelSources, labelOptions),
    annotations: labelLines(fill('annotations', inputs.annotations), labelSources, labelOptions),
    deploy: deployTags(set, runVersion(entries, world), inputs.deployTag),
    target: deployTarget(inputs.environments, facts),
  }
  problems.finish('The tags cannot be made')

  set.warnings.forEach(warn)
  if (metadata.deploy.tag === '' && metadata.target.deploy) refuseDeployWithoutTag(metadata)
  if (set.names.length === 0) failOrWarnOfNone(inputs, metadata, warn)
  else if (metadata.deploy.tag === '' && facts.ref.kind !== 'pull')
    warn(`${onlyMovingTags(metadata)} To deploy this build, add the rule \`type=sha\`.`)
  if (isOtherComponent(facts.ref, inputs.match))
    notices.push(
      `The Git tag ${facts.ref.name} does not match \`match\` (${inputs.match}), so it is not a version here.`,
    )
  for (const notice of [sharedLatest(inputs, metadata), otherCommit(inputs, facts, githubRun)])
    if (notice) notices.push(notice)
  if (inputs.strict) refuseWarnings(warnings)
  return {
    facts,
    metadata,
    outputs: stepOutputs(metadata, inputs),
    warnings,
    notices,
    summary: summaryMarkdown(metadata, facts, warnings, inputs.flavor.latest),
  }
}

const NOTHING_KNOWN: RepositoryData = { name: '', description: '', url: '', license: '', defaultBranch: '' }

const DEFAULT_ENTRIES = ['type=schedule', 'type=ref,event=branch', 'type=ref,event=tag', 'type=ref,event=pr']

function entriesOf({ tags, policy, match }: Inputs, { ref }: EventFacts): readonly TagEntry[] {
  if (tags.length > 0) return tags
  if (policy !== undefined) return policyEntries(policy, ref, match)
  return DEFAULT_ENTRIES.map(text => parseTagEntry({ line: 0, text }))
}

/** Default labels describe the repository, and an edge without a branch is the default one's. */
function needsRepository({ defaultLabels }: Inputs, entries: readonly TagEntry[], facts: EventFacts): boolean {
  return defaultLabels || entries.some(entry => asksForDefaultBranch(entry, facts))
}

function asksForDefaultBranch(entry: TagEntry, { ref }: EventFacts): boolean {
  return entry.type === 'edge' && entry.branch === '' && entry.enable !== 'false' && ref.kind === 'branch'
}

function checkDefaultBranch(
  entries: readonly TagEntry[],
  { facts, defaultBranch }: TagWorld,
  problems: Problems,
): void {
  if (defaultBranch !== undefined) return
  for (const entry of entries.filter(each => asksForDefaultBranch(each, facts))) {
    problems.add(
      'tags',
      entry,
      'needs to know the default branch; name it (type=edge,branch=main) or give a `github-token` that may read the repository',
    )
  }
}

const VERSION_TYPES = ['semver', 'pep440', 'match']

/** All git tags when `latest=highest` has to compare with them, and the reason it cannot is a problem. */
async function tagsForHighest(
  { flavor }: Inputs,
  entries: readonly TagEntry[],
  facts: EventFacts,
  sources: Sources,
  problems: Problems,
): Promise<readonly string[] | undefined> {
  const hasVersion =
    facts.ref.kind === 'tag' ||
    entries.some(entry => VERSION_TYPES.includes(entry.type) && 'value' in entry && entry.value !== '')
  if (flavor.latest !== 'highest' || !hasVersion) return undefined
  const tags = await allGitTags(sources)
  if (typeof tags !== 'string') return tags
  const lines = entries.filter(({ type }) => VERSION_TYPES.includes(type))
  for (const entry of lines)
    problems.add('tags', entry, `is to be compared with all git tags (latest=highest), and ${tags}`)
  if (lines.length === 0) problems.addText(`\`flavor\` latest=highest compares with all git tags, and ${tags}`)
  return undefined
}

async function tagWorld(parts: {
  readonly inputs: Inputs
  readonly entries: readonly TagEntry[]
  readonly facts: EventFacts
  readonly sources: Sources
  readonly repository: RepositoryData
  readonly gitTags: readonly string[] | undefined
  readonly warn: (text: string) => void
}): Promise<TagWorld> {
  const { inputs, entries, facts, sources, repository, gitTags, warn } = parts
  const texts = [...entries, ...inputs.labels, ...inputs.annotations].map(({ text }) => text)
  texts.push(inputs.flavor.prefix, inputs.flavor.suffix)
  const now = sources.now()
  const asksForCommit = inputs.created === 'commit' || texts.some(text => text.includes('commit_date'))
  const moments = {
    now,
    commit: asksForCommit ? await dateOfCommit(facts, sources, warn) : now,
    shortShaLength: inputs.shortShaLength,
    // Loaded only for a text that names a date: the rules of all time zones are large.
    dates: texts.some(text => text.includes('date')) ? (await import('./dates.ts')).momentDates : undefined,
    onUnknownZone: (zone: string) => warn(`There is no time zone "${zone}"; the date is in this machine's own.`),
  }
  const base: TagWorld = {
    facts,
    flavor: inputs.flavor,
    moments,
    engine: await templateEngine(texts),
    // The version is not known yet: the rules that read it can have expressions themselves.
    expressions: globalExpressions(facts, moments, () => runVersion([], base)),
    defaultBranch: repository.defaultBranch || undefined,
    gitTags,
  }
  return { ...base, expressions: globalExpressions(facts, moments, () => runVersion(entries, base)) }
}

/** Fills in the templates of labels or annotations. */
function filled(
  input: string,
  lines: readonly Entry[],
  { engine, expressions }: TagWorld,
  problems: Problems,
): string[] {
  return lines.flatMap(entry => {
    try {
      return [engine.compile(entry.text)(expressions)]
    } catch (thrown) {
      if (!(thrown instanceof InvalidValue)) throw thrown
      problems.add(input, entry, thrown.message)
      return []
    }
  })
}

function createdDate({ created, sourceDate }: Inputs, { moments }: TagWorld): Date {
  return created === 'commit' ? moments.commit : (sourceDate ?? moments.now)
}

function failOrWarnOfNone({ failOnEmpty }: Inputs, { set }: Metadata, warn: (text: string) => void): void {
  const text = noTag(set)
  if (!failOnEmpty) {
    warn(
      `${text}\nA build step with \`push: true\` fails without a tag. Add a rule that always yields one, such as type=sha.`,
    )
    return
  }
  throw new ActionError({
    title: 'No tag was made',
    message: text,
    next: 'Add a line that always yields one, such as `type=sha`, or leave out `fail-on-empty`.',
  })
}

/** A deploy needs a tag that stays; without one it could start another image than the one that was built, and a rollback would too. */
function refuseDeployWithoutTag(metadata: Metadata): never {
  const { set, target } = metadata
  throw new ActionError({
    title: `No tag to deploy to ${target.environment}`,
    message: set.names.length === 0 ? noTag(set) : onlyMovingTags(metadata),
    next: 'Add the rule `type=sha`, which yields a tag that names this commit.',
  })
}

function onlyMovingTags({ set }: Metadata): string {
  return `Every tag of this run (${set.names.join(', ')}) can move to another commit later, so the outputs \`tag\` and \`image\` are empty.`
}

function noTag({ results }: Metadata['set']): string {
  return `No tag was made:\n${results.map(({ entry, why }) => `- ${describeEntry(entry)}: ${why}`).join('\n')}`
}

/** Two builds with different suffixes that both move `latest` leave it to chance which one it is. */
function sharedLatest({ flavor }: Inputs, { set }: Metadata): string | undefined {
  const affix =
    flavor.suffix !== '' && !flavor.suffixLatest
      ? flavor.suffix
      : flavor.prefix !== '' && !flavor.prefixLatest
        ? flavor.prefix
        : ''
  if (!set.hasLatest || affix === '') return undefined
  return `latest is without "${affix}". If other builds of this image have another prefix or suffix, they move the same latest; onlatest=true gives each its own.`
}

/** In a `workflow_run` actions/checkout takes the tip of the branch unless told otherwise, which can be newer than what CI tested. */
function otherCommit({ shaSource }: Inputs, { eventName, sha }: EventFacts, run: GitHubRun): string | undefined {
  if (eventName !== 'workflow_run' || shaSource !== 'auto' || sha === run.sha) return undefined
  return `Tags name ${sha}, the commit that the other workflow tested, and not GITHUB_SHA (${run.sha}). If this job builds, check out the same commit: \`ref: \${{ github.event.workflow_run.head_sha }}\`.`
}

function refuseWarnings(warnings: readonly string[]): void {
  if (warnings.length === 0) return
  throw new ActionError({
    title: warnings.length === 1 ? 'A warning, and strict is on' : `${warnings.length} warnings, and strict is on`,
    message: warnings.length === 1 ? String(warnings[0]) : warnings.map(text => `- ${text}`).join('\n'),
    next: 'Correct what is named above, or leave out `strict`. No output was set.',
  })
}

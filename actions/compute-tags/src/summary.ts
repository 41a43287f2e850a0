import { markdownTable } from '@deploy-actions/core/report/table'
import type { EventFacts } from './event-facts.ts'
import type { LatestRule } from './flavor.ts'
import type { Metadata } from './outputs.ts'
import { placeOf } from './problems.ts'

const SHORT = 12

/** What a person sees of the run: the images, their tags and why, and where they go. */
export function summaryMarkdown(
  { set, images, deploy, target }: Metadata,
  facts: EventFacts,
  warnings: readonly string[],
  latestRule: LatestRule,
): string {
  const commit = `\`${facts.sha.slice(0, SHORT)}\`${facts.shaOrigin === '' ? '' : ` (${facts.shaOrigin})`}`
  const parts = [
    '### Image tags',
    '',
    `${facts.eventName || 'A run'} for \`${facts.fullRef}\` at ${commit}`,
    '',
    set.names.length === 0 ? '**No tag was made.**' : markdownTable(['Image', 'Tags'], imageRows(set.names, images)),
    '',
    markdownTable(
      ['Tag', 'From', 'Why'],
      [
        ...tagRows(set),
        set.hasLatest ? ['latest', 'flavor', latestWhy(set)] : ['(no latest)', 'flavor', noLatestWhy(set, latestRule)],
      ],
    ),
    '',
    deployLine(deploy.tag, target),
  ]
  if (warnings.length > 0)
    parts.push('', '**Warnings**', '', ...warnings.map(text => `- ${text.replaceAll('<', '&lt;')}`))
  return parts.join('\n')
}

function imageRows(names: readonly string[], images: Metadata['images']): string[][] {
  const tags = names.map(name => `\`${name}\``).join(' ')
  return images.length === 0 ? [['(no image named)', tags]] : images.map(({ name }) => [`\`${name}\``, tags])
}

function tagRows({ results }: Metadata['set']): string[][] {
  return results.map(({ entry, tag, why }) => [
    tag === '' ? '(none)' : `\`${tag}\``,
    `${placeOf(entry)}: \`${entry.text}\``,
    why,
  ])
}

function latestWhy({ results }: Metadata['set']): string {
  const first = results.find(({ tag }) => tag !== '')
  return `goes along with \`${first?.tag ?? ''}\``
}

function noLatestWhy({ results }: Metadata['set'], rule: LatestRule): string {
  const first = results.find(({ tag }) => tag !== '')
  if (first === undefined) return 'there is no other tag'
  if (rule === 'false') return 'switched off by latest=false'
  const { type } = first.entry
  if (type !== 'semver' && type !== 'pep440' && type !== 'match')
    return `the first tag, \`${first.tag}\`, is not a version; to set it all the same: type=raw,value=latest`
  return `\`${first.tag}\` is a pre-release${rule === 'highest' ? ', or there is a newer version' : ''}`
}

function deployLine(tag: string, { deploy, environment, why }: Metadata['target']): string {
  return deploy ? `Deploys \`${tag}\` to **${environment}** (${why}).` : `Deploys nothing: ${why}.`
}

import path from 'node:path'
import { isShipped, releasePath } from './shipped.ts'

/** A fenced block of a document. */
export interface Block {
  readonly language: string
  /** Of the first line of its text, from 1. */
  readonly line: number
  readonly text: string
}

/** The fenced blocks, also those that are indented, as in a list. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^( *)```(\w*)\n(.*?)^\1```$/gms)].map(match => {
    const { 1: indent = '', 2: language = '', 3: text = '', index } = match
    return { language, line: lineAt(markdown, index) + 1, text: text.replace(new RegExp(`^${indent}`, 'gm'), '') }
  })
}

/** The blocks of YAML in a document. */
export function yamlIn(markdown: string): Block[] {
  return blocksOf(markdown).filter(({ language }) => /^ya?ml$/.test(language))
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

/** The document with each target of a relative link replaced; code is left alone. */
function withTargets(markdown: string, replace: (target: string, index: number) => string): string {
  return markdown.replace(
    /^( *)```.*?^\1```$|`[^`\n]*`|\]\(([^)\s]+)\)/gms,
    (whole: string, _: string | undefined, target: string | undefined, index: number) =>
      target === undefined || /^[a-z]+:/.test(target) ? whole : `](${replace(target, index)})`,
  )
}

/** The anchors that GitHub gives the headings of a document. */
export function anchorsOf(markdown: string): string[] {
  const prose = markdown.replace(/^( *)```.*?^\1```$/gms, '')
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
}

export interface Repository {
  /** From its top, with `/`. */
  readonly files: readonly string[]
  read(file: string): string
}

/** The relative links of a document that lead to nothing: in this repository, to a heading, or in the release tree. */
export function deadLinks(document: string, { files, read }: Repository): string[] {
  const problems: string[] = []
  const text = read(document)
  withTargets(text, (target, index) => {
    const [link = '', anchor] = target.split('#')
    const file = link === '' ? document : path.posix.join(path.posix.dirname(document), link)
    const report = (why: string) => problems.push(`${document}:${lineAt(text, index)}: ${target} ${why}`)
    const inside = files.filter(name => name === file || name.startsWith(`${file.replace(/\/$/, '')}/`))
    if (inside.length === 0) report('does not exist')
    else if (!inside.some(isShipped)) report('is not in the release tree')
    else if (anchor !== undefined && !anchorsOf(read(file)).includes(anchor))
      report('names a heading that is not there')
    return target
  })
  return problems
}

/** A document as it is in the release tree, where some files have another place. */
export function inReleaseTree(document: string, markdown: string): string {
  const folder = path.posix.dirname(releasePath(document))
  return withTargets(markdown, target => {
    const [link = '', anchor] = target.split('#')
    if (link === '') return target
    const file = releasePath(path.posix.join(path.posix.dirname(document), link))
    const moved = path.posix.relative(folder, file) + (link.endsWith('/') ? '/' : '')
    return anchor === undefined ? moved : `${moved}#${anchor}`
  })
}

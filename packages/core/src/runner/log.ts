import * as core from '@actions/core'
import { maskableForms, redactor, type Secret } from '../values/secret.ts'
import { showsAnnotations } from './github-run.ts'
import type { Environment } from './inputs.ts'

/** Where an action tells what it does. */
export interface Log {
  info(text: string): void
  notice(text: string): void
  warning(text: string, title?: string): void
  /** Seen only when step debug logging is on. */
  debug(text: string): void
  /** A foldable block of lines. */
  group(title: string, lines: readonly string[]): void
}

/**
 * Text from elsewhere (a container's log, a server's answer) may hold what the runner would take for commands: `::set-output`
 * after any white space (.NET's, of which U+0085 is no white space of ours), and `##[set-output` anywhere in a line. A zero-width
 * space breaks them and changes nothing for the eye. Within `##[` it stands before the bracket: a search that ignores it, as one
 * by the rules of a language does, then finds a name that is no command's.
 * https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export function disarmCommands(text: string): string {
  return text.replace(/^([\s\u0085]*)::/gm, '$1\u200b::').replaceAll('##[', '##\u200b[')
}

/**
 * Writes what the runner shows beside the run. Gitea and Forgejo show it in the log alone, where its line breaks stay encoded and its
 * title is dropped: there the command has the headline, and the lines follow as plain ones.
 */
export function announce(
  level: 'error' | 'warning' | 'notice',
  text: string,
  properties: core.AnnotationProperties = {},
  env: Environment = process.env,
): void {
  const write = { error: core.error, warning: core.warning, notice: core.notice }[level]
  const { title, file, startLine } = properties
  if (showsAnnotations(env) || (title === undefined && !text.includes('\n'))) {
    write(text, properties)
    return
  }
  const [first = '', ...rest] = text.split('\n')
  write(title === undefined ? first : file === undefined ? title : `${title} (${file}:${startLine})`)
  for (const line of title === undefined ? rest : [first, ...rest]) core.info(disarmCommands(line))
}

export const runnerLog: Log = {
  info: text => core.info(disarmCommands(text)),
  notice: text => announce('notice', text),
  warning: (text, title) => announce('warning', text, title === undefined ? {} : { title }),
  debug: text => core.debug(text),
  group: (title, lines) => {
    core.startGroup(disarmCommands(title))
    for (const line of lines) core.info(disarmCommands(line))
    core.endGroup()
  },
}

const masked = new Set<Secret>()

/** Has the runner hide every form of the secrets in all later output. */
export function maskSecrets(secrets: Iterable<Secret | undefined>): void {
  for (const secret of secrets) {
    if (secret === undefined) continue
    masked.add(secret)
    for (const form of maskableForms(secret.reveal())) core.setSecret(form)
  }
}

/** Replaces what the runner was told to hide, for texts that leave by another way than the log. */
export function maskedSecretsRedactor(): (text: string) => string {
  return redactor(masked)
}

import { printableUrl } from '@deploy-actions/core/http/printable-url'
import type { InputReader } from '@deploy-actions/core/runner/inputs'
import { type Inputs, linesForBranch, tokenForBranch } from './inputs.ts'
import { isPath } from './verify.ts'

/** Name of the post step's state that holds the inputs, without secrets. */
export const INPUTS = 'inputs'

/**
 * The inputs of main as the post step gets them: the runner evaluates `with:` again for it, and by then `env` and the workspace can
 * differ. Secrets are not saved: the token, and health URLs with a login or a query. They are read again.
 */
interface SavedInputs extends Omit<Inputs, 'token' | 'health'> {
  readonly health: Omit<Inputs['health'], 'urls'> & { readonly urls: readonly SavedUrl[] }
}

interface SavedUrl {
  readonly shown: string
  /** Nothing of the URL is hidden. */
  readonly isComplete: boolean
}

export function saveInputs({ token: _, ...inputs }: Inputs): string {
  const urls = inputs.health.urls.map(savedUrl)
  const saved: SavedInputs = { ...inputs, health: { ...inputs.health, urls } }
  return JSON.stringify(saved)
}

function savedUrl(text: string): SavedUrl {
  if (isPath(text)) {
    const [path = text] = text.split(/[?#]/)
    return { shown: path, isComplete: path === text }
  }
  const url = new URL(text)
  const shown = printableUrl(url)
  return { shown, isComplete: shown === url.href && url.search === '' }
}

/** Throws an ActionError when the token is missing now. `warn` gets a sentence on each health URL that is missing. */
export function restoreInputs(text: string, read: InputReader, warn: (text: string) => void): Inputs {
  const saved: SavedInputs = JSON.parse(text)
  const token = tokenForBranch(read, saved.branch)
  read.finish()
  const present = linesForBranch(read, 'health-url', saved.branch).filter(line => isPath(line) || URL.canParse(line))
  const urls = saved.health.urls.flatMap(({ shown, isComplete }) => {
    const url = isComplete ? shown : present.find(line => savedUrl(line).shown === shown)
    if (url === undefined) warn(`\`health-url\` ${shown} has changed during the job, so it is not checked.`)
    return url ?? []
  })
  const by = urls.length === saved.health.urls.length ? saved.health.by : 'coolify'
  return { ...saved, token, health: { ...saved.health, by, urls } }
}

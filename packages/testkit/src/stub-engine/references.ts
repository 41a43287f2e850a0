import { CallFailed } from './store.ts'

/** Docker's full form: `nginx` is `docker.io/library/nginx:latest`. A reference with a digest has no tag added. */
export function fullReference(text: string): string {
  const match =
    /^((?:[a-z0-9][\w.-]*(?::\d+)?\/)?[a-z0-9][\w./-]*?)(?::([\w][\w.-]*))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text)
  if (match === null) throw new CallFailed('invalid reference format')
  const [, name = '', tag, digest] = match
  const [first = '', ...rest] = name.split('/')
  const hasRegistry = rest.length > 0 && /[.:]|^localhost$/.test(first)
  const repository = hasRegistry ? name : `docker.io/${rest.length > 0 ? name : `library/${name}`}`
  // As the engine does: of a reference with both, the digest counts.
  return digest === undefined ? `${repository}:${tag ?? 'latest'}` : `${repository}@${digest}`
}

export function familiar(full: string): string {
  return full.replace(/^docker\.io\/library\//, '').replace(/^docker\.io\//, '')
}

/** `registry/repository` of a full reference. */
export function repositoryOf(full: string): string {
  return full.includes('@') ? (full.split('@')[0] ?? '') : full.slice(0, full.lastIndexOf(':'))
}

export function tagOf(full: string): string {
  return full.slice(full.lastIndexOf(':') + 1)
}

export function registryOf(full: string): string {
  return full.split('/')[0] ?? ''
}

import type { Payload } from './event-facts.ts'

/** What labels say about the repository; '' for what is not known. */
export interface RepositoryData {
  readonly name: string
  readonly description: string
  readonly url: string
  /** As in https://spdx.org/licenses */
  readonly license: string
  readonly defaultBranch: string
}

type PayloadRepository = NonNullable<Payload['repository']>

/** The event's own word on the repository, if it says all that labels say. Payloads of act and of old servers lack some. */
export function payloadRepository({ repository }: Payload, fullName: string): RepositoryData | undefined {
  if (repository === undefined || repository.full_name?.toLowerCase() !== fullName.toLowerCase()) return undefined
  const { name, description, html_url: url, license, default_branch: branch } = repository
  if (!name || !url || !branch || description === undefined || license === undefined) return undefined
  return toRepositoryData(repository)
}

/** From an object as the payload and the API have it. */
export function toRepositoryData(repository: PayloadRepository): RepositoryData {
  return {
    name: repository.name ?? '',
    description: repository.description ?? '',
    url: repository.html_url ?? '',
    license: repository.license?.spdx_id ?? '',
    defaultBranch: repository.default_branch ?? '',
  }
}

/** What can be said without asking anyone: from what the payload has, and from the repository's name. */
export function guessedRepository({ repository }: Payload, fullName: string, serverUrl: string): RepositoryData {
  const known = toRepositoryData(repository ?? {})
  return { ...known, name: known.name || fullName.split('/').pop() || '', url: known.url || `${serverUrl}/${fullName}` }
}

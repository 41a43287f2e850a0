export interface Page<T> {
  readonly entries: readonly T[]
  /** The header; undefined when one page has all. */
  readonly link: string | undefined
}

/** A page of a list by the query's size and number. Its links keep the query, and have the form that GitHub writes: by the repository's number. */
export function pageOf<T>(all: readonly T[], query: URLSearchParams, size: PageSize, address: string): Page<T> {
  const wanted = Number(query.get(size.parameter) ?? size.usual)
  const perPage = Math.min(size.most, Math.max(1, Number.isInteger(wanted) ? wanted : size.usual))
  const page = Math.max(1, Number(query.get('page') ?? 1) || 1)
  const last = Math.max(1, Math.ceil(all.length / perPage))
  const link = (number: number, rel: string) => {
    const search = new URLSearchParams(query)
    search.set('page', String(number))
    return `<${address}?${search}>; rel="${rel}"`
  }
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first')] : []),
  ]
  const entries = all.slice((page - 1) * perPage, page * perPage)
  return { entries, link: last === 1 || links.length === 0 ? undefined : links.join(', ') }
}

export interface PageSize {
  readonly parameter: string
  readonly usual: number
  readonly most: number
}

export const GITHUB_PAGES: PageSize = { parameter: 'per_page', usual: 30, most: 100 }
export const GITEA_PAGES: PageSize = { parameter: 'limit', usual: 30, most: 50 }

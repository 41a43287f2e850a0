/** The address of the next page. https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api */
export function nextPage(link: string | undefined): string | undefined {
  return /<([^>]+)>;\s*rel="next"/.exec(link ?? '')?.[1]
}

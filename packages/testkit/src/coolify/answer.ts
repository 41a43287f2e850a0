/** An answer before it is written to the socket. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** As Laravel writes JSON: slashes and everything beyond ASCII escaped. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  const text = JSON.stringify(body)
    .replaceAll('/', '\\/')
    .replace(/[\u0080-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: text }
}

export function message(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return json(status, { message: text }, headers)
}

export function html(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8', ...headers }, body }
}

/** An exception: a page for who does not ask for JSON. */
export function serverError(expectsJson: boolean): Answer {
  return expectsJson ? message(500, 'Server Error') : errorPage(500, 'Server Error')
}

/** What Laravel shows a browser for an error. */
export function errorPage(status: number, title: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const page = `<!DOCTYPE html>\n<html lang="en"><head><title>${title}</title></head><body><div>${status}</div><div>${title}</div></body></html>`
  return html(status, page, headers)
}

/** The code that Node gives an error of the system or of a library (`ECONNREFUSED`), '' without one. */
export function errorCode(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : ''
}

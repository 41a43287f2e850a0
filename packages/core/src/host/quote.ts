/** What no shell treats in a special way. The equals sign is not among it: `A=b` would be an assignment. */
const PLAIN = /^[A-Za-z0-9_./:,@%+-]+$/

/**
 * An argument as one word of a POSIX shell. Backslashes stand outside of the quotes, since fish gives them a meaning inside:
 * so the line is right for every login shell that people have but csh.
 */
export function quoteArgument(argument: string): string {
  if (argument.includes('\0')) throw new TypeError('An argument cannot hold a NUL character.')
  if (PLAIN.test(argument)) return argument
  return `'${argument.replace(/['\\]/g, "'\\$&'")}'`
}

/** A command as one line. The program is quoted always: a bare `if` or `time` would be the shell's own word. */
export function quoteCommand(argv: readonly string[]): string {
  const [program, ...rest] = argv
  if (program === undefined || program === '') throw new TypeError('A command needs a program.')
  const quoted = PLAIN.test(program) ? `'${program}'` : quoteArgument(program)
  return [quoted, ...rest.map(quoteArgument)].join(' ')
}

import type { Log } from '@deploy-actions/core/runner/log'

/** Keeps what was told, a line each: `level: text`. */
export class RecordingLog implements Log {
  readonly lines: string[] = []

  info(text: string): void {
    this.lines.push(`info: ${text}`)
  }
  notice(text: string): void {
    this.lines.push(`notice: ${text}`)
  }
  warning(text: string, title?: string): void {
    this.lines.push(`warning: ${title ? `${title}: ` : ''}${text}`)
  }
  debug(text: string): void {
    this.lines.push(`debug: ${text}`)
  }
  group(title: string, lines: readonly string[]): void {
    this.lines.push(`group: ${title}`, ...lines.map(line => `  ${line}`))
  }

  get text(): string {
    return this.lines.join('\n')
  }
}

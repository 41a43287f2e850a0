import type { Attachment, MessageEdit } from './message.ts'

/** A message with files, as one body that can be sent again. https://docs.discord.com/developers/reference#uploading-files */
export function multipartBody(
  message: MessageEdit,
  files: readonly Attachment[],
  boundary: string,
): { readonly type: string; readonly body: Uint8Array } {
  const parts: Uint8Array[] = []
  const text = (line: string) => parts.push(Buffer.from(line))
  text(`--${boundary}\r\nContent-Disposition: form-data; name="payload_json"\r\nContent-Type: application/json\r\n\r\n`)
  text(`${JSON.stringify(message)}\r\n`)
  for (const [index, file] of files.entries()) {
    const name = quoted(file.name)
    text(`--${boundary}\r\nContent-Disposition: form-data; name="files[${index}]"; filename="${name}"\r\n`)
    text('Content-Type: application/octet-stream\r\n\r\n')
    parts.push(file.data)
    text('\r\n')
  }
  text(`--${boundary}--\r\n`)
  return { type: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(parts) }
}

/** https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
function quoted(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22')
}

import { TLSSocket } from 'node:tls'
import type { HttpClient, HttpRequest } from '../http/client.ts'
import type { ConnectionSettings } from '../http/connection.ts'
import { decodeBody } from '../http/decode-body.ts'
import { decodeText } from '../http/decode-text.ts'
import { HttpFailure, KnownFailure } from '../http/failure.ts'
import type { Timings } from '../http/response.ts'
import { type CertificateFacts, certificateOf, refusal, type TlsDemands, tlsOptions } from './certificate.ts'
import { type Observed, observed } from './observed.ts'
import { explainTunnelFailure } from './tunnel-failure.ts'

export interface HttpQuestion
  extends Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body' | 'timeout' | 'redirects' | 'secrets' | 'signal'> {
  /** Bytes of the body that are looked at; it is cut there, before and after it is decoded. */
  readonly maxBytes: number
  readonly connection?: Omit<ConnectionSettings, 'tls' | 'onConnected'>
  readonly tls?: TlsDemands
}

export interface HttpFacts {
  readonly status: number
  /** By name in small letters. */
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
  /** Bytes of the decoded body, as far as it was read. */
  readonly size: number
  readonly isCut: boolean
  /** Where the answer came from in the end. */
  readonly url: URL
  readonly timings: Timings
  readonly proxy: URL | undefined
  /** Undefined without TLS. */
  readonly certificate: CertificateFacts | undefined
  /** `TLSv1.3` */
  readonly tlsVersion: string | undefined
}

/** Asks once, on connections of its own. Throws only the signal's reason. */
export async function observeHttp(
  client: HttpClient,
  question: HttpQuestion,
  now: () => number,
): Promise<Observed<HttpFacts>> {
  const { connection: { open, ...connection } = {}, tls = {}, ...request } = question
  let shown: { certificate: CertificateFacts | undefined; tlsVersion: string | undefined } | undefined
  const look = async (): Promise<HttpFacts> => {
    const response = await client.send({
      ...request,
      // Redirects are a part of it.
      deadline: question.timeout,
      overflow: 'cut',
      connection: {
        ...connection,
        ...(open ? { open: explained(open) } : {}),
        tls: tlsOptions(tls),
        onConnected: socket => {
          shown = undefined
          if (!(socket instanceof TLSSocket)) return
          shown = { certificate: certificateOf(socket, now()), tlsVersion: socket.getProtocol() ?? undefined }
          const refused = tls.insecure
            ? undefined
            : refusal(socket, tls.servername ?? nameAsked(socket, question), now())
          if (refused) throw new KnownFailure(refused.kind, refused.text)
        },
      },
    })
    const { status, headers, url, timings, proxy } = response
    const { body, isCut } = await decodeBody(response, headers.get('content-encoding'), question.maxBytes)
    return {
      status,
      headers,
      text: decodeText(body, headers.get('content-type')),
      size: body.length,
      isCut,
      url,
      timings,
      proxy,
      certificate: shown?.certificate,
      tlsVersion: shown?.tlsVersion,
    }
  }
  return observed(look, thrown => {
    if (!(thrown instanceof HttpFailure || thrown instanceof KnownFailure)) throw thrown
    const certificate = shown?.certificate ? { certificate: shown.certificate } : {}
    // What the client did not throw is about a body that is there.
    if (!(thrown instanceof HttpFailure)) {
      return { kind: thrown.kind, reason: thrown.message, ...certificate, responded: true }
    }
    const { kind, reason, responded, proxy } = thrown
    return {
      kind,
      reason,
      ...certificate,
      ...(responded ? { responded } : {}),
      ...(proxy ? { proxied: true } : {}),
    }
  })
}

function explained(open: NonNullable<ConnectionSettings['open']>): typeof open {
  return async target => {
    try {
      return await open(target)
    } catch (thrown) {
      const explanation = explainTunnelFailure(thrown)
      throw explanation ? new KnownFailure(explanation.kind, explanation.text) : thrown
    }
  }
}

/** After a redirect the name is another than the URL's. */
function nameAsked(socket: TLSSocket, { url }: HttpQuestion): string {
  return typeof socket.servername === 'string' && socket.servername !== '' ? socket.servername : new URL(url).hostname
}

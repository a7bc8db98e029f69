// Fetches a JWT-SVID from the SPIFFE Workload API: one gRPC call over HTTP/2, with the few protobuf fields it needs.

import { connect } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectSocket } from 'node:net';

import { PassingTrouble, PlatformFailure, quoteComplaint } from '../failure.ts';
import { MAX_PLATFORM_ANSWER_BYTES, PLATFORM_TIMEOUT_MS } from '../limits.ts';

const PATH = '/SpiffeWorkloadAPI/FetchJWTSVID';
/** Field numbers of JWTSVIDRequest.audience, JWTSVIDResponse.svids and JWTSVID.svid. */
const [AUDIENCE, SVIDS, SVID] = [1, 1, 2];
const LENGTH_DELIMITED = 2;
/** DEADLINE_EXCEEDED and UNAVAILABLE; none at all if the connection broke. */
const PASSING_STATUSES = ['4', '14', ''];

interface GrpcEnd {
  readonly status: string;
  readonly message: string;
  readonly body: Buffer;
}

/** The first JWT-SVID for an audience; `endpoint` is `unix:/path`, `unix:///path` or `tcp://address:port`. Throws a PlatformFailure if it is refused. */
export async function fetchJwtSvid(endpoint: string, audience: string): Promise<string> {
  const session = openSession(endpoint);
  try {
    const { status, message, body } = await call(session, grpcFrame(field(AUDIENCE, Buffer.from(audience))));
    if (PASSING_STATUSES.includes(status)) throw new PassingTrouble(`gRPC status ${status || 'missing'}`);
    if (status !== '0') {
      throw new PlatformFailure(
        `The SPIFFE Workload API refused to give a JWT-SVID: ${quoteComplaint(message === '' ? `gRPC status ${status}` : decodeURIComponent(message))}`,
        'Is there a registration entry for this workload?',
        'platform_refused',
      );
    }
    const svid = fieldOf(body.subarray(5), SVIDS);
    return (svid === null ? null : fieldOf(svid, SVID))?.toString('utf8') ?? '';
  } finally {
    session.destroy();
  }
}

function openSession(endpoint: string): ClientHttp2Session {
  const tcp = /^tcp:\/\/(\[[\da-f:]+\]|[\d.]+):(\d{1,5})$/i.exec(endpoint);
  if (tcp !== null) return connect(`http://${tcp[1]}:${tcp[2]}`);
  const path = /^unix:(?:\/\/)?(\/.+)$/.exec(endpoint)?.[1];
  if (path === undefined)
    throw new PlatformFailure(
      'SPIFFE_ENDPOINT_SOCKET is neither unix:///path nor tcp://address:port.',
      undefined,
      'source_incomplete',
    );
  return connect('http://localhost', { createConnection: () => connectSocket(path) });
}

async function call(session: ClientHttp2Session, message: Buffer): Promise<GrpcEnd> {
  return await new Promise((resolve, reject) => {
    session.once('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
      // The API answers nothing without it (SPIFFE Workload Endpoint §6).
      'workload.spiffe.io': 'true',
    });
    const timeout = setTimeout(() => {
      stream.close();
      reject(new DOMException('no answer in time', 'TimeoutError'));
    }, PLATFORM_TIMEOUT_MS);
    const chunks: Buffer[] = [];
    let size = 0;
    // Trailers, or the headers of an answer that has nothing else.
    let end = { status: '', message: '' };
    const note = (headers: Readonly<Record<string, unknown>>): void => {
      if (headers['grpc-status'] !== undefined)
        end = { status: String(headers['grpc-status']), message: String(headers['grpc-message'] ?? '') };
    };
    stream.on('response', note).on('trailers', note);
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_PLATFORM_ANSWER_BYTES) stream.destroy(new Error('the answer is too long'));
      else chunks.push(chunk);
    });
    stream.once('error', reject);
    stream.once('close', () => {
      clearTimeout(timeout);
      resolve({ ...end, body: Buffer.concat(chunks) });
    });
    stream.end(message);
  });
}

/** Length-prefixed message of gRPC over HTTP/2: not compressed, four bytes of length. */
function grpcFrame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function field(number: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | LENGTH_DELIMITED, ...varint(value.length)]), value]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** The first length-delimited field of that number; null if the message has none, or is none. */
function fieldOf(message: Buffer, wanted: number): Buffer | null {
  let at = 0;
  const read = (): number => {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = message[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return 0;
  };
  while (at < message.length) {
    const tag = read();
    if ((tag & 7) === 0) read();
    else if ((tag & 7) === LENGTH_DELIMITED) {
      const length = read();
      const value = message.subarray(at, at + length);
      if (tag >>> 3 === wanted) return value;
      at += length;
    } else return null;
  }
  return null;
}

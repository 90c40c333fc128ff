import { type FileHandle, open } from 'node:fs/promises';
import { AssayError } from '@assay/protocol';
import {
  alignUp,
  defaultAlignment,
  type GgufHeader,
  type GgufValue,
  ggufMagic,
  ggufVersion,
  type Scalar,
  type ScalarType,
  type TensorInfo,
  tensorBytes,
  tensorTypeOf,
  valueTypes,
} from './format.ts';

const firstReadBytes = 4 * 1024 * 1024;
const maxHeaderBytes = 256 * 1024 * 1024;
const maxEntries = 1_000_000;
const maxDimensions = 4;

class Truncated extends Error {}

/** Walks over the header; throws Truncated where it needs bytes that are not there. */
class Cursor {
  readonly #view: DataView;
  readonly #bytes: Buffer;
  offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A 64-bit count; throws when it cannot be one. */
  count(max = Number.MAX_SAFE_INTEGER): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value > BigInt(max)) throw new Error(`a count of ${value} is not possible`);
    return Number(value);
  }

  string(): string {
    const length = this.count(maxHeaderBytes);
    const start = this.#take(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  scalar(type: ScalarType): Scalar {
    const view = this.#view;
    switch (type) {
      case 'uint8':
        return view.getUint8(this.#take(1));
      case 'int8':
        return view.getInt8(this.#take(1));
      case 'uint16':
        return view.getUint16(this.#take(2), true);
      case 'int16':
        return view.getInt16(this.#take(2), true);
      case 'uint32':
        return this.uint32();
      case 'int32':
        return view.getInt32(this.#take(4), true);
      case 'float32':
        return view.getFloat32(this.#take(4), true);
      case 'bool':
        return view.getUint8(this.#take(1)) !== 0;
      case 'string':
        return this.string();
      case 'uint64':
        return view.getBigUint64(this.#take(8), true);
      case 'int64':
        return view.getBigInt64(this.#take(8), true);
      case 'float64':
        return view.getFloat64(this.#take(8), true);
    }
  }

  #take(length: number): number {
    const start = this.offset;
    if (start + length > this.#bytes.length) throw new Truncated();
    this.offset = start + length;
    return start;
  }
}

/** Reads and checks the header of a GGUF file. Throws MODEL_FILE_UNUSABLE with a sentence that says what is wrong. */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw unusable(path, cause.code === 'ENOENT' ? 'does not exist' : `cannot be read (${cause.message})`, cause);
  });
  try {
    const { size } = await file.stat();
    const header = await parseGrowing(file, path, size);
    const end = endOfTensors(header);
    if (end > size) throw unusable(path, `is cut short: it has ${size} of ${end} bytes. Fetch or copy it again.`);
    return header;
  } finally {
    await file.close();
  }
}

/** Bytes of one tensor of an open file. */
export async function readTensor(
  file: FileHandle,
  header: GgufHeader,
  tensor: TensorInfo,
  bytes: number,
): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, header.dataStart + tensor.offset);
  if (bytesRead !== bytes) throw new Error(`tensor ${tensor.name} is cut short`);
  return buffer;
}

async function parseGrowing(file: FileHandle, path: string, size: number): Promise<GgufHeader> {
  for (let length = firstReadBytes; ; length *= 4) {
    const buffer = Buffer.alloc(Math.min(length, size));
    await file.read(buffer, 0, buffer.length, 0);
    if (buffer.length < 8 || buffer.readUInt32LE(0) !== ggufMagic) throw unusable(path, 'is not a GGUF model.');
    try {
      return parse(new Cursor(buffer));
    } catch (cause) {
      if (!(cause instanceof Truncated)) throw unusable(path, `has a damaged header (${String(cause)}).`, cause);
      if (buffer.length === size)
        throw unusable(path, 'is cut short: it ends within its header. Fetch or copy it again.');
      if (length >= maxHeaderBytes) throw unusable(path, `has a header of more than ${maxHeaderBytes} bytes.`);
    }
  }
}

function parse(cursor: Cursor): GgufHeader {
  cursor.uint32();
  const version = cursor.uint32();
  if (version !== 2 && version !== ggufVersion) throw new Error(`version ${version} is not supported`);
  const tensorCount = cursor.count(maxEntries);
  const pairCount = cursor.count(maxEntries);
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < pairCount; i++) metadata.set(cursor.string(), parseValue(cursor));
  const tensors: TensorInfo[] = [];
  for (let i = 0; i < tensorCount; i++) tensors.push(parseTensor(cursor));
  const stated = metadata.get('general.alignment');
  const alignment = stated?.type === 'uint32' ? Number(stated.value) : defaultAlignment;
  if (alignment === 0) throw new Error('the alignment is zero');
  return { metadata, tensors, dataStart: alignUp(cursor.offset, alignment), alignment };
}

function parseValue(cursor: Cursor): GgufValue {
  const type = valueTypeOf(cursor.uint32());
  if (type !== 'array') return { type, value: cursor.scalar(type) };
  const of = valueTypeOf(cursor.uint32());
  if (of === 'array') throw new Error('an array of arrays is not supported');
  const count = cursor.count(maxHeaderBytes);
  const values: Scalar[] = [];
  for (let i = 0; i < count; i++) values.push(cursor.scalar(of));
  return { type, of, values };
}

function parseTensor(cursor: Cursor): TensorInfo {
  const name = cursor.string();
  const dimensions = cursor.uint32();
  if (dimensions > maxDimensions) throw new Error(`tensor ${name} has ${dimensions} dimensions`);
  const shape = Array.from({ length: dimensions }, () => cursor.count());
  return { name, shape, typeCode: cursor.uint32(), offset: cursor.count() };
}

function valueTypeOf(code: number) {
  for (const [name, known] of Object.entries(valueTypes)) if (known === code) return name as keyof typeof valueTypes;
  throw new Error(`value type ${code} is not known`);
}

/** Where the last tensor ends; of an encoding we do not know only its beginning counts. */
function endOfTensors(header: GgufHeader): number {
  let end = header.dataStart;
  for (const tensor of header.tensors) {
    const type = tensorTypeOf(tensor.typeCode);
    const bytes = type === null ? 0 : tensorBytes(type, tensor.shape);
    end = Math.max(end, header.dataStart + tensor.offset + bytes);
  }
  return end;
}

function unusable(path: string, what: string, cause?: unknown): AssayError {
  return new AssayError('MODEL_FILE_UNUSABLE', `${path} ${what}`, { cause });
}

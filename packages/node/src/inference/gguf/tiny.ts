import { type GgufValue, valuesOf } from './format.ts';
import { type TensorToWrite, writeGguf } from './write.ts';

const width = 64;
const layers = 2;
const heads = 4;
const feedForward = 128;
const context = 512;
const controlTokens = ['<unk>', '<s>', '</s>', '<|im_start|>', '<|im_end|>'];
const unknownKind = 2;
const controlKind = 3;
const byteKind = 6;

/** ChatML, without a default system message. */
export const tinyTemplate =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** The id of a byte in the tiny model. */
export const tinyByteId = (byte: number) => controlTokens.length + byte;

/**
 * Writes a Llama of 0.4 MB with random weights, for tests that need *a* model. One token for each byte, so any text
 * can be tokenised and most output is not valid UTF-8. The same seed gives the same file.
 */
export function writeTinyModel(path: string, seed = 1): Promise<void> {
  const random = randomNumbers(seed);
  return writeGguf(path, metadata(), tensors(random));
}

function metadata(): Map<string, GgufValue> {
  const uint32 = (value: number): GgufValue => ({ type: 'uint32', value });
  const text = (value: string): GgufValue => ({ type: 'string', value });
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`);
  const tokens = [...controlTokens, ...bytes];
  const kinds = tokens.map((_, id) => (id === 0 ? unknownKind : id < controlTokens.length ? controlKind : byteKind));
  return new Map<string, GgufValue>([
    ['general.architecture', text('llama')],
    ['general.name', text('tiny')],
    ['general.file_type', uint32(0)],
    ['llama.context_length', uint32(context)],
    ['llama.embedding_length', uint32(width)],
    ['llama.block_count', uint32(layers)],
    ['llama.feed_forward_length', uint32(feedForward)],
    ['llama.attention.head_count', uint32(heads)],
    ['llama.attention.head_count_kv', uint32(heads)],
    ['llama.attention.layer_norm_rms_epsilon', { type: 'float32', value: 1e-5 }],
    ['llama.rope.dimension_count', uint32(width / heads)],
    ['tokenizer.ggml.model', text('llama')],
    ['tokenizer.ggml.tokens', { type: 'array', of: 'string', values: tokens }],
    ['tokenizer.ggml.scores', { type: 'array', of: 'float32', values: tokens.map(() => 0) }],
    ['tokenizer.ggml.token_type', { type: 'array', of: 'int32', values: kinds }],
    ['tokenizer.ggml.bos_token_id', uint32(1)],
    ['tokenizer.ggml.eos_token_id', uint32(2)],
    ['tokenizer.ggml.unknown_token_id', uint32(0)],
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: false }],
    ['tokenizer.ggml.add_space_prefix', { type: 'bool', value: false }],
    ['tokenizer.chat_template', text(tinyTemplate)],
  ]);
}

function tensors(random: () => number): TensorToWrite[] {
  const vocabulary = controlTokens.length + 256;
  const weights = (name: string, ...shape: number[]) => tensor(name, shape, () => random() * 0.3);
  const ones = (name: string) => tensor(name, [width], () => 1);
  const blocks = Array.from({ length: layers }, (_, i) => [
    ones(`blk.${i}.attn_norm.weight`),
    ...['q', 'k', 'v', 'output'].map((part) => weights(`blk.${i}.attn_${part}.weight`, width, width)),
    ones(`blk.${i}.ffn_norm.weight`),
    weights(`blk.${i}.ffn_gate.weight`, width, feedForward),
    weights(`blk.${i}.ffn_up.weight`, width, feedForward),
    weights(`blk.${i}.ffn_down.weight`, feedForward, width),
  ]).flat();
  return [
    weights('token_embd.weight', width, vocabulary),
    ...blocks,
    ones('output_norm.weight'),
    weights('output.weight', width, vocabulary),
  ];
}

function tensor(name: string, shape: readonly number[], value: () => number): TensorToWrite {
  const data = Float32Array.from({ length: valuesOf(shape) }, value);
  return { name, shape, type: 'F32', data: () => new Uint8Array(data.buffer) };
}

/** Numbers in (−1, 1) from a linear congruential generator. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state / 2 ** 31) * 2 - 1;
  };
}

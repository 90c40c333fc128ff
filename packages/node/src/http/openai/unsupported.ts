import { shown } from '../query.ts';
import { Refusal } from '../refusal.ts';

/** When a value changes nothing about the answer, and what to say when it would. */
interface Neutral {
  readonly accepts: (value: unknown) => boolean;
  readonly otherwise: string;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown) => typeof value === 'string';
const isEmpty = (value: unknown) =>
  Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0;
const isOneOf =
  (...values: readonly unknown[]) =>
  (value: unknown) =>
    values.includes(value);
const never = () => false;

const only = (name: string, value: string) => `\`${name}\` may only be ${value}.`;
const remove = (name: string) => `Remove \`${name}\`.`;
const neutral = (entries: Record<string, [Neutral['accepts'], string?]>): ReadonlyMap<string, Neutral> =>
  new Map(
    Object.entries(entries).map(([name, [accepts, value]]) => [
      name,
      { accepts, otherwise: value === undefined ? remove(name) : only(name, value) },
    ]),
  );

/** Parameters that are known and not honoured: accepted at values that change nothing, and when they are null. */
const parameters = neutral({
  n: [isOneOf(1), '1'],
  presence_penalty: [isOneOf(0), '0'],
  frequency_penalty: [isOneOf(0), '0'],
  logit_bias: [isEmpty],
  tools: [isEmpty],
  tool_choice: [isOneOf('none', 'auto')],
  parallel_tool_calls: [(value) => typeof value === 'boolean'],
  functions: [isEmpty],
  function_call: [isOneOf('none', 'auto')],
  response_format: [(value) => isRecord(value) && value.type === 'text', '{"type":"text"}'],
  modalities: [(value) => Array.isArray(value) && value.length === 1 && value[0] === 'text', '["text"]'],
  service_tier: [isOneOf('auto', 'default'), '"auto" or "default"'],
  store: [isOneOf(false), 'false'],
  user: [isText, 'a text'],
  safety_identifier: [isText, 'a text'],
  prompt_cache_key: [isText, 'a text'],
  metadata: [(value) => isRecord(value) && Object.values(value).every(isText), 'an object of texts'],
  audio: [never],
  prediction: [never],
  prompt_cache_retention: [never],
  reasoning_effort: [never],
  verbosity: [never],
  web_search_options: [never],
});

/** Members of an answer's message, so that a client may send it back as it came. */
const messageMembers = neutral({
  role: [() => true],
  content: [() => true],
  refusal: [never],
  annotations: [isEmpty],
  tool_calls: [isEmpty],
  function_call: [never],
  audio: [never],
});
const partMembers = neutral({ type: [() => true], text: [() => true] });
const streamMembers = neutral({ include_usage: [() => true], include_obfuscation: [isOneOf(false), 'false'] });

/** The roles a message may have; `developer` is a newer name of `system`. */
export const messageRoles = ['system', 'developer', 'user', 'assistant'] as const;

/**
 * Throws UNSUPPORTED_PARAMETER, naming it, for the first parameter of a chat body that would have to be ignored.
 * Values of the wrong type pass: the schema of the `honoured` parameters refuses them.
 */
export function refuseUnsupported(body: Record<string, unknown>, honoured: ReadonlySet<string>): void {
  for (const name of Object.keys(body)) if (!honoured.has(name)) refuseMember(parameters, body, name, '');
  if (isRecord(body['stream_options'])) refuseMembers(streamMembers, body['stream_options'], 'stream_options.');
}

/** The same for one message; `path` is where it stands. */
export function refuseUnsupportedIn(message: unknown, path: string): void {
  if (!isRecord(message)) return;
  const { role, content } = message;
  if (isText(role) && !isOneOf(...messageRoles)(role)) {
    const roles = messageRoles.map((name) => `"${name}"`).join(', ');
    throw new Refusal('UNSUPPORTED_PARAMETER', `${path}.role`, `\`${path}.role\` may only be one of ${roles}.`);
  }
  refuseMembers(messageMembers, message, `${path}.`);
  if (!Array.isArray(content)) return;
  for (const [index, part] of content.entries()) refuseUnsupportedPart(part, `${path}.content[${index}].`);
}

function refuseUnsupportedPart(part: unknown, path: string): void {
  if (!isRecord(part)) return;
  if (isText(part['type']) && part['type'] !== 'text') {
    throw new Refusal('UNSUPPORTED_PARAMETER', `${path}type`, `\`${path}type\` may only be "text".`);
  }
  refuseMembers(partMembers, part, path);
}

function refuseMembers(known: ReadonlyMap<string, Neutral>, value: Record<string, unknown>, path: string): void {
  for (const name of Object.keys(value)) refuseMember(known, value, name, path);
}

function refuseMember(
  known: ReadonlyMap<string, Neutral>,
  value: Record<string, unknown>,
  name: string,
  path: string,
): void {
  const rule = known.get(name);
  if (rule !== undefined && (value[name] === null || rule.accepts(value[name]))) return;
  const param = path + shown(name);
  throw new Refusal('UNSUPPORTED_PARAMETER', param, rule === undefined || path !== '' ? remove(param) : rule.otherwise);
}

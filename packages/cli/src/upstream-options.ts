import type { Upstream } from '@assay/node/host/backend';
import { z } from 'zod';
import { CliError } from './failures.ts';

/** A server that answers in the place of the built-in backend, and which of its models. */
export const upstreamInput = {
  upstream: z
    .url({ protocol: /^https?$/, error: '--upstream takes a URL such as http://127.0.0.1:8080/v1.' })
    .optional(),
  upstreamModel: z.string().optional(),
};

export const upstreamOptions = [
  {
    syntax: '--upstream <URL>',
    description: 'a server answers for the miners; with --model llama.cpp, vLLM or SGLang can be re-checked',
  },
  { syntax: '--upstream-model <NAME>', description: 'one of the models of that server (default: the first it lists)' },
] as const;

/** Null without a server. Throws CliError when a model is named and no server. */
export function upstreamOf(asked: {
  upstream?: string | undefined;
  upstreamModel?: string | undefined;
}): Upstream | null {
  const { upstream, upstreamModel } = asked;
  if (upstream !== undefined) return { url: upstream, model: upstreamModel ?? null };
  if (upstreamModel === undefined) return null;
  throw new CliError('usage', '--upstream-model names a model of a server: give its address with --upstream.');
}

import { Bool, Bytes32, Name, U16, U32, Units } from './encoding.ts';
import { StructType } from './struct.ts';

/**
 * Registers a model on a domain; the sender is its creator (§4.4). The file is a GGUF file, which holds weights,
 * quantisation, tokenizer and chat template, so its hash binds all of them.
 */
export const RegisterModel = new StructType(
  {
    name: Name,
    domain: U32,
    /** Part of every price that is the creators' and backers', basis points. */
    royaltyBps: U16,
    fileHash: Bytes32,
    contextTokens: U32,
    priceInUnits: Units,
    priceOutUnits: Units,
    difficultyPpm: U32,
    t1ThresholdPpb: U32,
  },
  { typeName: 'RegisterModel' },
);

/** A drawn validator's vote on a model: whether it loads and answers as registered (§4.5). */
export const AcceptModel = new StructType({ model: U32, accepts: Bool }, { typeName: 'AcceptModel' });

/** New prices for draws from now on (§4.6). */
export const UpdateModelPrice = new StructType(
  { model: U32, priceInUnits: Units, priceOutUnits: Units },
  { typeName: 'UpdateModelPrice' },
);

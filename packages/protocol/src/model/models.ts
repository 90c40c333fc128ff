import { Bool, Bytes32, StructType, U16, U32 } from '@assay/ssz';
import { Address, Name, Units } from '../encoding.ts';
import { ref } from '../refs.ts';

/**
 * Registers a model on a domain; the sender is its creator (§4.4). The file is a GGUF file, which holds weights,
 * quantisation, tokenizer and chat template, so its hash binds all of them.
 */
export const RegisterModel = new StructType(
  {
    name: Name,
    domain: ref('domains'),
    /** Part of every price that is the creators' and backers', basis points. */
    royaltyBps: U16,
    fileHash: Bytes32,
    /** Root of its manifest (§4.15); zero where none is published. */
    manifestRoot: Bytes32,
    contextTokens: U32,
    priceInUnits: Units,
    priceOutUnits: Units,
    difficultyPpm: U32,
    t1ThresholdPpb: U32,
  },
  { typeName: 'RegisterModel' },
);

/** A drawn validator's vote on a model: whether it loads and answers as registered (§4.5). */
export const AcceptModel = new StructType({ model: ref('models'), accepts: Bool }, { typeName: 'AcceptModel' });

/** New prices for draws from now on (§4.6). */
export const UpdateModelPrice = new StructType(
  { model: ref('models'), priceInUnits: Units, priceOutUnits: Units },
  { typeName: 'UpdateModelPrice' },
);

/** Gives some of the sender's shares in a model to another account (§4.7). */
export const TransferModelShares = new StructType(
  { model: ref('models'), to: Address, shares: U16 },
  { typeName: 'TransferModelShares' },
);

/** Puts some of the sender's shares in a model up for sale, in place of its offer there; none withdraws (§4.7.1). */
export const OfferShares = new StructType(
  { model: ref('models'), shares: U16, priceUnits: Units },
  { typeName: 'OfferShares' },
);

/** Buys shares that an account offers, for its price and no more than the buyer says (§4.7.2). */
export const BuyShares = new StructType(
  { model: ref('models'), seller: Address, shares: U16, maxPriceUnits: Units },
  { typeName: 'BuyShares' },
);

/** Backs a model with base units of the sender, for a part of its revenue (economics §2.5). */
export const BackModel = new StructType({ model: ref('models'), amountUnits: Units }, { typeName: 'BackModel' });

/** Takes back what the sender backed a model with; it stays locked for some epochs. */
export const WithdrawBacking = new StructType(
  { model: ref('models'), amountUnits: Units },
  { typeName: 'WithdrawBacking' },
);

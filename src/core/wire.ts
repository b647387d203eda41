/** The page's side of the messages: one typed method per request type of the closed list. */
import {
  decodeCatalog,
  decodeHello,
  decodeTiles,
  decodeValues,
  type Catalog,
  type Hello,
  type Mode,
  type TilesAnswer,
  type TilesRequest,
  type ValuesAnswer,
} from "./answers.js";
import {
  decodeGenes,
  decodeSequence,
  decodeVariants,
  type GeneTable,
  type VariantMarks,
} from "./annotation_answers.js";
import type { KnownBases, Span } from "./known_bases.js";
import { Channel, type RequestOptions, type WireModel } from "./channel.js";
import type { FrameScheduler } from "./viewport_queue.js";

export {
  WIRE_VERSION,
  type Body,
  type LateAnswer,
  type MessageListener,
  type Push,
  type RequestOptions,
  type ViewRequest,
  type WireModel,
} from "./channel.js";
export { WIRE_TIMES, type Part } from "./pending.js";
export { isCancelled, WireError, type WireCode } from "./wire_error.js";

export interface ClientOptions {
  readonly clientVersion?: string;
  readonly host?: string;
  readonly frame?: FrameScheduler;
}

export interface OverviewRequest {
  readonly mode: Mode;
  readonly tracks: readonly number[];
}

export interface ValuesRequest extends OverviewRequest {
  readonly start: number;
  readonly end: number;
}

export class Client extends Channel {
  readonly #clientVersion: string;
  readonly #host: string;

  constructor(model: WireModel, options: ClientOptions = {}) {
    super(model, options.frame);
    this.#clientVersion = options.clientVersion ?? "";
    this.#host = options.host ?? "";
  }

  /** The first request; afterwards all others carry the kernel's data revision. */
  async hello(options?: RequestOptions): Promise<Hello> {
    const body = { client_version: this.#clientVersion, host: this.#host };
    const hello = decodeHello(await this.request("hello", body, options));
    this.rev = hello.revs.data;
    return hello;
  }

  async catalog(options?: RequestOptions): Promise<Catalog> {
    return decodeCatalog(await this.request("catalog", {}, options));
  }

  async tiles(body: TilesRequest, options?: RequestOptions): Promise<TilesAnswer[]> {
    return decodeTiles(await this.request("tiles", { ...body }, options));
  }

  async overview(body: OverviewRequest, options?: RequestOptions): Promise<TilesAnswer[]> {
    return decodeTiles(await this.request("overview", { ...body }, options));
  }

  async values(body: ValuesRequest, options?: RequestOptions): Promise<ValuesAnswer[]> {
    return decodeValues(await this.request("values", { ...body }, options));
  }

  async genes(options?: RequestOptions): Promise<GeneTable> {
    return decodeGenes(await this.request("genes", {}, options));
  }

  async variants(options?: RequestOptions): Promise<VariantMarks> {
    return decodeVariants(await this.request("variants", {}, options));
  }

  /** Bases of [start, end), or of the part of it that a saved view holds. */
  async sequence(body: Span, options?: RequestOptions): Promise<KnownBases> {
    return decodeSequence(await this.request("sequence", { ...body }, options), body);
  }

  async ping(options?: RequestOptions): Promise<void> {
    await this.request("ping", {}, options);
  }
}

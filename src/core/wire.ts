/** The page's side of the messages: one typed method per request type of the closed list. */
import {
  decodeTiles,
  decodeValues,
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
import { CatalogClient } from "./catalog_client.js";
import type { RequestOptions } from "./channel.js";

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
export { CatalogClient, type ClientOptions } from "./catalog_client.js";
export { WIRE_TIMES, type Part } from "./pending.js";
export { isCancelled, WireError, type WireCode } from "./wire_error.js";

export interface OverviewRequest {
  readonly mode: Mode;
  readonly tracks: readonly number[];
}

export interface ValuesRequest extends OverviewRequest {
  readonly start: number;
  readonly end: number;
}

export class Client extends CatalogClient {
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
}

/** Error chips below the search: a field that does not exist, with the names that were perhaps meant. */
import type { VNode } from "preact";
import { cleanText } from "../core/display_text.js";
import type { QueryProblem } from "../core/query_text.js";
import { Icon } from "./icon.js";
import { problemTexts } from "./messages.js";

const MOST_PROBLEMS = 6;
const MOST_NAMES = 2;

interface ProblemsProps {
  readonly problems: readonly QueryProblem[];
  readonly query: string;
  readonly setQuery: (query: string) => void;
}

/** The query with one token taken out, or with its field named differently. */
export function repaired(query: string, { token, field }: QueryProblem, name?: string): string {
  const at = query.indexOf(token);
  if (at < 0) return query;
  const rest = query.slice(at + token.length);
  if (name === undefined) return `${query.slice(0, at).trimEnd()} ${rest.trimStart()}`.trim();
  return query.slice(0, at) + token.replace(field, () => name) + rest;
}

export function QueryProblems({ problems, query, setQuery }: ProblemsProps): VNode | null {
  if (problems.length === 0) return null;
  return (
    <div class="lsc-chips lsc-problems" role="status" data-testid="lsc-problems">
      {problems.slice(0, MOST_PROBLEMS).map((problem, at) => (
        <span key={at} class="lsc-chip" data-wrong="">
          <span title={cleanText(problem.token)}>
            {problemTexts.unknownField(cleanText(problem.field, 60))}
          </span>
          {problem.closest.slice(0, MOST_NAMES).map((name) => (
            <button
              key={name}
              type="button"
              class="lsc-link"
              onClick={() => {
                setQuery(repaired(query, problem, name));
              }}
            >
              {problemTexts.use(cleanText(name, 60))}
            </button>
          ))}
          <button
            type="button"
            class="lsc-clear"
            aria-label={problemTexts.removeToken(cleanText(problem.token, 60))}
            title={problemTexts.removeToken(cleanText(problem.token, 60))}
            onClick={() => {
              setQuery(repaired(query, problem));
            }}
          >
            <Icon name="close" small />
          </button>
        </span>
      ))}
    </div>
  );
}

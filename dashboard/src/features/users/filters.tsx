import { useCallback, type ReactNode } from "react";
import { inputBox } from "@/ui/field";
import { PeriodFilter } from "@/ui/period-filter";
import { SearchBox } from "@/ui/search-box";
import { changed, type UsersSearch } from "./search";
import { STAGES, stageName, type Stage } from "./stages";

interface FiltersProps {
  readonly search: UsersSearch;
  /** Where the server has looked for the text. */
  readonly mode: "anywhere" | "prefix" | null;
  readonly onChange: (search: UsersSearch) => void;
}

/** What narrows the list of users. */
export function Filters({ search, mode, onChange }: FiltersProps): ReactNode {
  const onSearch = useCallback(
    (text: string) => onChange(changed(search, { search: text || undefined })),
    [onChange, search],
  );
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <SearchBox label="Search id, e-mail or name" value={search.search ?? ""} onChange={onSearch} />
      <select
        aria-label="Stage"
        className={`${inputBox()} !w-36 max-sm:flex-1`}
        value={search.stage ?? ""}
        onChange={(event) =>
          onChange(changed(search, { stage: (event.target.value || undefined) as Stage | undefined }))
        }
      >
        <option value="">Any stage</option>
        {STAGES.map((stage) => (
          <option key={stage} value={stage}>
            {stageName(stage)}
          </option>
        ))}
      </select>
      <select
        aria-label="E-mail address"
        className={`${inputBox()} !w-36 max-sm:flex-1`}
        value={search.email ?? ""}
        onChange={(event) =>
          onChange(changed(search, { email: (event.target.value || undefined) as UsersSearch["email"] }))
        }
      >
        <option value="">Any e-mail</option>
        <option value="yes">With e-mail</option>
        <option value="no">Without e-mail</option>
      </select>
      <PeriodFilter
        text="Signed up"
        from={search.signedUpSince}
        to={search.signedUpBefore}
        onClear={() => onChange(changed(search, { signedUpSince: undefined, signedUpBefore: undefined }))}
      />
      <PeriodFilter
        text="Seen"
        from={search.seenSince}
        onClear={() => onChange(changed(search, { seenSince: undefined }))}
      />
      {mode === "prefix" && search.search !== undefined && (
        <span className="text-xs text-ink-3">Found by how the id, e-mail or name begins.</span>
      )}
    </div>
  );
}

import { useNavigate, useRouterState } from "@tanstack/react-router";
import { ChevronsUpDown, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { NewProjectDialog } from "@/features/projects/new-project";
import { classes } from "@/ui/classes";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/ui/menu";
import { idOf, type Environment } from "./environments";
import { initial } from "./initial";
import { useHere } from "./session";

export function ProjectMenu(): ReactNode {
  const { me, project, environment } = useHere();
  const [making, setMaking] = useState(false);
  const go = useGoTo();
  return (
    <>
      <Menu
        trigger={
          <button
            type="button"
            aria-label={`Project ${project.name}; choose another`}
            className="flex h-9 w-full items-center gap-2 rounded-md px-1.5 text-left hover:bg-hover"
          >
            <Initial name={project.name} />
            <span className="min-w-0 flex-1 truncate text-sm font-medium">{project.name}</span>
            <ChevronsUpDown className="size-3.5 text-ink-3" aria-hidden />
          </button>
        }
      >
        <MenuLabel>Projects</MenuLabel>
        {me.projects.map((one) => (
          <MenuItem
            key={one.test_project_id}
            chosen={one.test_project_id === project.test_project_id}
            onSelect={() => {
              go(idOf(one, environment));
            }}
          >
            {one.name}
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem
          icon={Plus}
          onSelect={() => {
            setMaking(true);
          }}
        >
          New project
        </MenuItem>
      </Menu>
      <NewProjectDialog open={making} onOpenChange={setMaking} />
    </>
  );
}

function Initial({ name }: { name: string }): ReactNode {
  return (
    <span
      aria-hidden
      className="flex size-6 shrink-0 items-center justify-center rounded border border-line-strong bg-raised text-xs font-semibold text-ink-2"
    >
      {initial(name)}
    </span>
  );
}

export function EnvironmentSwitch(): ReactNode {
  const { project, environment } = useHere();
  const go = useGoTo();
  return (
    <div
      role="group"
      aria-label="Environment"
      className="grid grid-cols-2 rounded-md border bg-hover p-0.5 text-xs"
    >
      {(["live", "test"] as const).map((one) => (
        <button
          key={one}
          type="button"
          aria-pressed={one === environment}
          className={classes(
            "flex h-6.5 items-center justify-center gap-1.5 rounded-[5px] capitalize",
            one === environment ? "bg-raised font-medium text-ink shadow-card" : "text-ink-3 hover:text-ink",
          )}
          onClick={() => {
            go(idOf(project, one));
          }}
        >
          <Dot environment={one} lit={one === environment} />
          {one}
        </button>
      ))}
    </div>
  );
}

function Dot({ environment, lit }: { environment: Environment; lit: boolean }): ReactNode {
  const colour = environment === "live" ? "bg-ok" : "bg-warn";
  return <span aria-hidden className={classes("size-1.5 rounded-full", lit ? colour : "bg-line-strong")} />;
}

/** Goes to the same page of another environment; to its list where the page is about one thing. */
function useGoTo(): (projectId: string) => void {
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (projectId) => {
    const section = path.split("/")[3] ?? "";
    const rest = section === "settings" ? path.split("/").slice(3).join("/") : section;
    void navigate({ to: `/p/${projectId}${rest ? `/${rest}` : ""}` as "/" });
  };
}

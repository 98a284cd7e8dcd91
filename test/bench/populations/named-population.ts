// A population and what the table calls it.
import { mixedServices, uniformServices } from './populations.ts';
import type { PopulationService } from './service-spec.ts';

export interface NamedPopulation {
  readonly what: string;
  readonly services: PopulationService[];
}

export function uniform(services: number, endpoints: number): NamedPopulation {
  return { what: `${services} Services × ${endpoints}`, services: uniformServices(services, endpoints) };
}

export function mixed(services: number): NamedPopulation {
  return { what: `${services} Services mixed`, services: mixedServices(services) };
}

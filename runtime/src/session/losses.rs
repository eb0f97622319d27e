//! What did not come through, told at the end of a run.

use super::Session;
use super::statistics::{info, name};
use crate::Error;
use crate::event::place;
use crate::print::{Loss, Output};
use crate::script_map::{Losses, Refused};
use codegen::object::Own;

impl Session {
    /// Says what was lost, and whether nothing was.
    pub(super) fn report_losses(&self, output: &mut Output) -> Result<bool, Error> {
        let maps = self.script_maps();
        let Losses {
            events,
            loops,
            refused,
        } = maps.losses()?;
        let config = &self.manifest.config;
        let mut losses = Vec::new();
        if events > 0 {
            losses.push(Loss::Events {
                count: events,
                pages: config.perf_rb_pages,
            });
        }
        let own = self.maps.words(Own::SECTION)?;
        let own = own.get(Own::RECORDS as usize / 8).copied().unwrap_or(0);
        let own = own.saturating_sub(Own::MOST);
        losses.extend((own > 0).then_some(Loss::Own { count: own }));
        losses.extend((loops > 0).then_some(Loss::LoopCut { count: loops }));
        for Refused {
            map,
            count,
            busy,
            room,
        } in refused
        {
            losses.extend((count > 0).then_some(Loss::MapFull { map, count, room }));
            losses.extend((busy > 0).then_some(Loss::MapBusy { map, count: busy }));
        }
        let missed = self.missed();
        losses.extend(missed.iter().map(|(probe, count)| Loss::Missed {
            probe,
            count: *count,
        }));
        let cut = self.names.cut.get();
        if cut > 0 {
            losses.push(Loss::Cut {
                count: cut,
                length: config.max_strlen,
            });
        }
        let failed = output.failed_calls();
        losses.extend(
            failed
                .into_iter()
                .map(|(span, helper, error, count)| Loss::Calls {
                    place: place(&maps, span).to_string(),
                    helper,
                    error,
                    count,
                }),
        );
        for loss in &losses {
            output.lost(loss);
        }
        Ok(losses.is_empty())
    }

    /// Runs of probes that the kernel left out. What it does not tell is taken for none.
    fn missed(&self) -> Vec<(String, u64)> {
        let programs = self.programs.iter();
        let counts = programs.map(|program| {
            let missed = info(program).map_or(0, |info| info.missed);
            (name(program), missed)
        });
        counts.filter(|&(_, missed)| missed > 0).collect()
    }
}

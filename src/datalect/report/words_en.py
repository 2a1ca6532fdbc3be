"""The sentences of a report in English. ``{key}`` is a figure or a name of the finding, formatted.

A form may have variants after a colon; ``words.variant`` chooses among them by the figures, so that every
direction word is decided by code.
"""

FORMS: dict[str, str] = {
    # trust
    "sentinel_number": "{column} holds {marker} in {count} rows, far outside all other values ({low} to "
    "{high}): it stands for a missing value and is left out of every figure here.",
    "sentinel_number:kept": "{column} holds {marker} in {count} rows, which often stands for a missing "
    "value; it is kept as a value here.",
    "sentinel_text": "{column} holds {marker} in {count} rows, which stands for a missing value and is left "
    "out.",
    "sentinel_text:kept": "{column} holds {marker} in {count} rows, which may stand for a missing value; it "
    "is kept as a value here.",
    "stored_as_text:number": "{column} holds numbers stored as text, such as {example}; {converted} of them "
    "were read as numbers.",
    "stored_as_text:date": "{column} holds dates stored as text, such as {example}; {converted} of them "
    "were read as dates.",
    "stored_as_text:value": "{column} is stored as text, such as {example}; {converted} values were read.",
    "stored_as_text:number failed": "{column} holds numbers stored as text, such as {example}; {converted} "
    "were read as numbers, {failed} could not be read.",
    "stored_as_text:date failed": "{column} holds dates stored as text, such as {example}; {converted} were "
    "read as dates, {failed} could not be read.",
    "stored_as_text:value failed": "{column} is stored as text, such as {example}; {converted} values were "
    "read, {failed} could not be read.",
    "variants": "{column} spells the same value in {spellings} ways: {spelled}.",
    "variants:many": "{column} spells {groups} values in more than one way, such as {spelled}.",
    "misspelt": "{column} holds {count} rare values ({stray} rows) spelt almost like a frequent one, such as "
    "{spelled}: they may be misspelt.",
    "misspelt:one": "{column} holds a rare value spelt almost like a frequent one, {spelled}: it may be "
    "misspelt.",
    "several_forms": "{column} writes dates or times in {count} forms, such as {spelled}.",
    "empty": "{column} has no value in any row.",
    "constant": "{column} is {value} in all {rows} rows.",
    "constant_or_missing": "{column} is either {value} or missing ({missing} rows).",
    "repeated_rows": "{extra} rows ({share}) repeat another row exactly.",
    "key": "{k0} identifies each row: in {rows} rows no value is missing or repeated.",
    "composite_key": "{keys} together identify each row: no combination is repeated in {rows} rows.",
    "foreign_key": "Every {keys} occurs in {other}.",
    "foreign_key:broken": "{coverage} of the values of {keys} occur in {other}; the others point to nothing "
    "there.",
    "missing_share": "{column} is missing in {share} of the rows ({missing} rows).",
    "missing_together": "{column} and {other} are always missing together, in {missing} rows ({share}).",
    "missing_together_many": "{count} columns, from {column} to {other}, are always missing together, in "
    "{missing} rows ({share}).",
    "missing_only": "{column} is filled only where {factor} is {group}: in all {filled} such rows and in no "
    "other.",
    "missing_only_mostly": "{column} is filled only where {factor} is {group}: in {within} of those rows "
    "and in no other.",
    "missing_where": "{column} is always missing where {factor} is {group} ({rows} rows); elsewhere {rest} "
    "are missing.",
    "missing_where:only": "{column} is missing in all {rows} rows where {factor} is {group}, and in no row "
    "where it is another value.",
    "missing_more": "{column} is missing in {share} of the rows where {factor} is {group}, against {rest} "
    "elsewhere.",
    # values
    "concentration": "The most frequent {tenth} of the values of {column} hold {share} of the rows; one "
    "alone has {most}, and half of them have at most {middle}.",
    "heavy_amount": "The largest {tenth} of the values of {column} make up about {share} of its sum.",
    "imbalance": "{column} is {value} in {share} of the rows; the other values together have {rest} rows ("
    "{rest_share}).",
    "outlier_high": "{column} exceeds {limit} in {count} rows, up to {end}; half of all values are at most "
    "about {middle}.",
    "outlier_low": "{column} is below {limit} in {count} rows, down to {end}; half of all values are at "
    "least about {middle}.",
    # time
    "trend_rows:day up": "The number of rows per day rose by {change}: from {first} on average in the first "
    "{span} days (from {start}) to {last} in the last {span} days (to {end}).",
    "trend_rows:day down": "The number of rows per day fell by {change}: from {first} on average in the "
    "first {span} days (from {start}) to {last} in the last {span} days (to {end}).",
    "trend_rows:month up": "The number of rows per month rose by {change}: from {first} on average in the "
    "first {span} months (from {start}) to {last} in the last {span} months (to {end}).",
    "trend_rows:month down": "The number of rows per month fell by {change}: from {first} on average in the "
    "first {span} months (from {start}) to {last} in the last {span} months (to {end}).",
    "change_point:day up": "From {date} on the number of rows is {change} higher: {after} a day on average "
    "in the {reach} days from then on, against {before} in the {reach} days before.",
    "change_point:day down": "From {date} on the number of rows is {change} lower: {after} a day on average "
    "in the {reach} days from then on, against {before} in the {reach} days before.",
    "change_point:month up": "From {date} on the number of rows is {change} higher: {after} a month on "
    "average in the {reach} months from then on, against {before} in the {reach} months before.",
    "change_point:month down": "From {date} on the number of rows is {change} lower: {after} a month on "
    "average in the {reach} months from then on, against {before} in the {reach} months before.",
    "weekday_busy": "Most rows fall on {groups}: {in} a day on average, {change} more than on the other "
    "days ({out}).",
    "weekday_quiet": "Fewest rows fall on {groups}: {in} a day on average, {change} less than on the other "
    "days ({out}).",
    "month_busy": "Most rows fall in {groups}: {in} on average, {change} more than in the other months ("
    "{out}).",
    "month_quiet": "Fewest rows fall in {groups}: {in} on average, {change} less than in the other months ("
    "{out}).",
    "spike:day": "{date} stands out with {count} rows, {times} times the usual {usual} of the days around "
    "it.",
    "spike:month": "{date} stands out with {count} rows, {times} times the usual {usual} of the months "
    "around it.",
    "gap:day": "{days} days have no rows at all; the longest gap runs from {start} to {end} ({length} "
    "days). Other days have about {usual}.",
    "gap_one:day": "{start} has no rows at all; other days have about {usual}.",
    "gap:month": "{days} months have no rows at all; the longest gap runs from {start} to {end} ({length} "
    "months). Other months have about {usual}.",
    "gap_one:month": "{start} has no rows at all; other months have about {usual}.",
    "hours": "{share} of the rows fall between {from} and {to} o'clock, a third of the day.",
    "number_over_time:up": "Average {outcome} rose over {factor}: from {y0} in {start} to {y1} in {end}.",
    "number_over_time:down": "Average {outcome} fell over {factor}: from {y0} in {start} to {y1} in {end}.",
    "rate_over_time:up": "{outcome} became more frequent over {factor}: {y0} of the rows in {start}, {y1} "
    "in {end}.",
    "rate_over_time:down": "{outcome} became less frequent over {factor}: {y0} of the rows in {start}, {y1} "
    "in {end}.",
    # relations
    "copy": "{column} and {origin} hold the same value in {equal} of {both} rows.",
    "copy:all": "{column} and {origin} hold the same value in all {both} rows.",
    "copy_text": "{column} is {origin} written as text, such as {example}: both agree in {equal} of {both} "
    "rows.",
    "formula": "{column} = {formula} in all {known} rows.",
    "formula_mostly": "{column} = {formula} in {share} of the rows; {exceptions} rows differ.",
    "sum": "{column} is the sum of the {parts} columns from {p0} to {p1} in all {known} rows.",
    "sum_mostly": "{column} is the sum of the {parts} columns from {p0} to {p1} in {share} of the rows; "
    "{exceptions} rows differ.",
    "proportion": "{column} is typically about {middle} of {whole}: half of the rows lie between about "
    "{low} and {high}.",
    "dependency_mostly": "{left} nearly always settles {right}: {exceptions} of {rows} rows ({share}) differ "
    "from what is usual for their {left}.",
    "dependency": "Each {left} has only one {right}: {groups} different values, no exception.",
    "one_to_one": "{left} and {right} go together one to one: {groups} different values, no exception.",
    "average_one:up": "Where {factor} is {group}, average {outcome} is higher: {value}, against {rest} in "
    "all other rows.",
    "average_one:down": "Where {factor} is {group}, average {outcome} is lower: {value}, against {rest} in "
    "all other rows.",
    "average_ends": "Average {outcome} differs by {factor}: highest for {top} ({high}), lowest for {bottom} "
    "({low}).",
    "average_two": "Average {outcome} is {high} where {factor} is {top}, and {low} where it is {bottom}.",
    "rate_one:up": "{outcome} is more frequent where {factor} is {group}: {value} of the rows, against "
    "{rest} of all others.",
    "rate_one:down": "{outcome} is less frequent where {factor} is {group}: {value} of the rows, against "
    "{rest} of all others.",
    "rate_ends": "How often {outcome} holds differs by {factor}: most for {top} ({high}), least for "
    "{bottom} ({low}).",
    "rate_two": "{outcome} holds in {high} of the rows where {factor} is {top}, and in {low} where it is "
    "{bottom}.",
    "number_steps:up": "Average {outcome} rises with {factor}: from {y0} at {x0} to {y1} at {x1}.",
    "number_steps:down": "Average {outcome} falls as {factor} rises: from {y0} at {x0} to {y1} at {x1}.",
    "number_fifths:up": "Average {outcome} rises with {factor}: from {y0} where it is lowest (about {x0}) "
    "to {y1} where it is highest (about {x1}).",
    "number_fifths:down": "Average {outcome} falls as {factor} rises: from {y0} where that is lowest (about "
    "{x0}) to {y1} where it is highest (about {x1}).",
    "rate_steps:up": "{outcome} becomes more frequent as {factor} rises: from {y0} of the rows at {x0} to "
    "{y1} at {x1}.",
    "rate_steps:down": "{outcome} becomes less frequent as {factor} rises: from {y0} of the rows at {x0} to "
    "{y1} at {x1}.",
    "rate_fifths:up": "{outcome} becomes more frequent as {factor} rises: from {y0} of the rows where that "
    "is lowest (about {x0}) to {y1} where it is highest (about {x1}).",
    "rate_fifths:down": "{outcome} becomes less frequent as {factor} rises: from {y0} of the rows where "
    "that is lowest (about {x0}) to {y1} where it is highest (about {x1}).",
    "turned": "Overall {outcome} and {factor} have a correlation of {r}, but inside {opposite} of the "
    "{groups} groups of {segment} the sign is the opposite.",
    "category_share": "{outcome} is {kind} in {share} of the rows where {factor} is {group}, against {rest} "
    "of all others.",
    "heap_high": "{column} is exactly {end}, its largest value, in {count} rows ({share}): values may have "
    "been cut off there.",
    "heap_low": "{column} is exactly {end}, its smallest value, in {count} rows ({share}): values may have "
    "been cut off there.",
    "negatives": "{column} is below {zero} in {count} rows ({share}), down to {low}; all other values are "
    "not.",
    "zeros": "{column} is exactly {zero} in {count} rows ({share}); all other values are above it.",
    "closed_days": "There are no rows at all on {groups}; the other days have {usual} on average.",
    "closed_days_nearly": "There are next to no rows on {groups} ({rows} in all); the other days have "
    "{usual} on average.",
    "trend_rows:day times": "The number of rows per day is {times} times what it was: {first} on average in "
    "the first {span} days (from {start}), {last} in the last {span} days (to {end}).",
    "trend_rows:month times": "The number of rows per month is {times} times what it was: {first} on "
    "average in the first {span} months (from {start}), {last} in the last {span} months (to {end}).",
    "change_point:day times": "From {date} on the number of rows is {times} times as high: {after} a day on "
    "average in the {reach} days from then on, against {before} in the {reach} days before.",
    "change_point:month times": "From {date} on the number of rows is {times} times as high: {after} a month "
    "on average in the {reach} months from then on, against {before} in the {reach} months before.",
    # comparing
    "compare_rows:up": "There are {new} rows, {change} more than in {other} ({old}).",
    "compare_rows:down": "There are {new} rows, {change} fewer than in {other} ({old}).",
    "compare_rows_alike": "There are {new} rows, about as many as in {other} ({old}).",
    "compare_added": "{count} columns are new: {keys}.",
    "compare_added:one": "One column is new: {keys}.",
    "compare_dropped": "{count} columns of {other} are gone: {keys}.",
    "compare_dropped:one": "One column of {other} is gone: {keys}.",
    "compare_type": "{column} is now {now}; in {other} it is {was}.",
    "compare_missing:up": "{column} is missing more often: in {new} of the rows, against {old} in {other}.",
    "compare_missing:down": "{column} is missing less often: in {new} of the rows, against {old} in {other}.",
    "compare_average:up": "Average {column} is higher: {value}, against {rest} in {other}.",
    "compare_average:down": "Average {column} is lower: {value}, against {rest} in {other}.",
    "compare_share:up": "{column} is {value} more often: in {new} of the rows, against {old} in {other}.",
    "compare_share:down": "{column} is {value} less often: in {new} of the rows, against {old} in {other}.",
    "compare_new_values": "{column} has {count} values that {other} does not have, such as {value} ({rows} "
    "rows in all).",
    "compare_new_values:one": "{column} has one value that {other} does not have: {value} ({rows} rows).",
    "compare_lost_values": "{column} lacks {count} values of {other}, such as {value} ({rows} rows there in "
    "all).",
    "compare_lost_values:one": "{column} lacks one value of {other}: {value} ({rows} rows there).",
    "compare_period": "{column} runs from {from} to {to}; in {other} it runs from {was_from} to {was_to}.",
    # sums over time
    "sum_trend:day up": "Total {measure} per day rose by {change}: from {first} on average in the first "
    "{span} days (from {start}) to {last} in the last {span} days (to {end}).",
    "sum_change_point:day up": "From {date} on total {measure} is {change} higher: {after} a day on "
    "average in the {reach} days from then on, against {before} in the {reach} days before.",
    "sum_trend:day down": "Total {measure} per day fell by {change}: from {first} on average in the first "
    "{span} days (from {start}) to {last} in the last {span} days (to {end}).",
    "sum_change_point:day down": "From {date} on total {measure} is {change} lower: {after} a day on "
    "average in the {reach} days from then on, against {before} in the {reach} days before.",
    "sum_trend:day times": "Total {measure} per day is {times} times what it was: {first} on average in "
    "the first {span} days (from {start}), {last} in the last {span} days (to {end}).",
    "sum_change_point:day times": "From {date} on total {measure} is {times} times as high: {after} a day "
    "on average in the {reach} days from then on, against {before} in the {reach} days before.",
    "sum_spike:day": "{date} stands out with a total {measure} of {count}, {times} times the usual {usual} "
    "of the days around it.",
    "sum_trend:month up": "Total {measure} per month rose by {change}: from {first} on average in the "
    "first {span} months (from {start}) to {last} in the last {span} months (to {end}).",
    "sum_change_point:month up": "From {date} on total {measure} is {change} higher: {after} a month on "
    "average in the {reach} months from then on, against {before} in the {reach} months before.",
    "sum_trend:month down": "Total {measure} per month fell by {change}: from {first} on average in the "
    "first {span} months (from {start}) to {last} in the last {span} months (to {end}).",
    "sum_change_point:month down": "From {date} on total {measure} is {change} lower: {after} a month on "
    "average in the {reach} months from then on, against {before} in the {reach} months before.",
    "sum_trend:month times": "Total {measure} per month is {times} times what it was: {first} on average "
    "in the first {span} months (from {start}), {last} in the last {span} months (to {end}).",
    "sum_change_point:month times": "From {date} on total {measure} is {times} times as high: {after} a "
    "month on average in the {reach} months from then on, against {before} in the {reach} months before.",
    "sum_spike:month": "{date} stands out with a total {measure} of {count}, {times} times the usual "
    "{usual} of the months around it.",
    "sum_weekday_busy": "Total {measure} is largest on {groups}: {in} a day on average, {change} more than "
    "on the other days ({out}).",
    "sum_weekday_quiet": "Total {measure} is smallest on {groups}: {in} a day on average, {change} less "
    "than on the other days ({out}).",
    "sum_month_busy": "Total {measure} is largest in {groups}: {in} on average, {change} more than in the "
    "other months ({out}).",
    "sum_month_quiet": "Total {measure} is smallest in {groups}: {in} on average, {change} less than in "
    "the other months ({out}).",
    # comparing two periods
    "period_rows:up": "{now} has {new} rows, {change} more than {other} ({old}).",
    "period_rows:down": "{now} has {new} rows, {change} fewer than {other} ({old}).",
    "period_rows_alike": "{now} has {new} rows, about as many as {other} ({old}).",
    "period_total:up": "Total {column} is {new} in {now}, {change} more than in {other} ({old}).",
    "period_total:down": "Total {column} is {new} in {now}, {change} less than in {other} ({old}).",
    "period_partial": "{column} reaches only to {to}: counts and totals of {now} are not those of all of it.",
    "period_missing:up": "{column} is missing more often in {now}: in {new} of the rows, against {old} in "
    "{other}.",
    "period_missing:down": "{column} is missing less often in {now}: in {new} of the rows, against {old} in "
    "{other}.",
    "period_average:up": "Average {column} is higher in {now}: {value}, against {rest} in {other}.",
    "period_average:down": "Average {column} is lower in {now}: {value}, against {rest} in {other}.",
    "period_share:up": "{column} is {value} more often in {now}: in {new} of the rows, against {old} in "
    "{other}.",
    "period_share:down": "{column} is {value} less often in {now}: in {new} of the rows, against {old} in "
    "{other}.",
    "period_new_values": "{column} has {count} values in {now} that {other} does not have, such as {value} ("
    "{rows} rows in all).",
    "period_new_values:one": "{column} has one value in {now} that {other} does not have: {value} ({rows} "
    "rows).",
    "period_lost_values": "{column} has {count} values in {other} that {now} does not have, such as {value} "
    "({rows} rows in all).",
    "period_lost_values:one": "{column} has one value in {other} that {now} does not have: {value} ({rows} "
    "rows).",
    "stored_as_text_many:number": "{count} columns hold numbers stored as text, such as {column} ({example})"
    "; all of them were read as numbers.",
    "stored_as_text_many:date": "{count} columns hold dates stored as text, such as {column} ({example}); "
    "all of them were read as dates.",
    "stored_as_text_many:value": "{count} columns are stored as text, such as {column} ({example}); all of "
    "them were read.",
    "leak": "{column} all but tells {target}: leave it out when {target} is to be predicted.",
    "languages": "{column} is written in {first} in about {share} of the texts and in {second} in about "
    "{rest}.",
}

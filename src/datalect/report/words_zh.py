"""The sentences of a report in Chinese; see ``words_en``."""

FORMS: dict[str, str] = {
    # 可信度
    "sentinel_number": "{column}在{count}行中为{marker}，远在其他所有值（{low}至{high}）之外：它表示缺失，这"
    "里的各项数字都不计入。",
    "sentinel_number:kept": "{column}在{count}行中为{marker}，这个值常表示缺失；这里仍作为数值保留。",
    "sentinel_text": "{column}在{count}行中为{marker}，它表示缺失，已不计入。",
    "sentinel_text:kept": "{column}在{count}行中为{marker}，可能表示缺失；这里仍作为值保留。",
    "stored_as_text:number": "{column}是以文本存放的数字，例如{example}；其中{converted}个已读作数字。",
    "stored_as_text:date": "{column}是以文本存放的日期，例如{example}；其中{converted}个已读作日期。",
    "stored_as_text:value": "{column}以文本存放，例如{example}；其中{converted}个已读取。",
    "stored_as_text:number failed": "{column}是以文本存放的数字，例如{example}；{converted}个已读作数字，"
    "{failed}个无法读取。",
    "stored_as_text:date failed": "{column}是以文本存放的日期，例如{example}；{converted}个已读作日期，"
    "{failed}个无法读取。",
    "stored_as_text:value failed": "{column}以文本存放，例如{example}；{converted}个已读取，{failed}个无法读"
    "取。",
    "variants": "{column}中同一个值有{spellings}种写法：{spelled}。",
    "variants:many": "{column}中有{groups}个值不止一种写法，例如{spelled}。",
    "misspelt": "{column}中有{count}个罕见的值（{stray}行）与某个常见值的写法几乎相同，例如{spelled}：可能是"
    "拼写错误。",
    "misspelt:one": "{column}中有一个罕见的值与某个常见值的写法几乎相同，即{spelled}：可能是拼写错误。",
    "several_forms": "{column}中的日期或时间有{count}种格式，例如{spelled}。",
    "empty": "{column}在所有行中都没有值。",
    "constant": "{column}在全部{rows}行中都是{value}。",
    "constant_or_missing": "{column}要么是{value}，要么缺失（{missing}行）。",
    "repeated_rows": "有{extra}行（{share}）与别的行完全相同。",
    "key": "{k0}可以唯一标识每一行：{rows}行中没有缺失，也没有重复。",
    "composite_key": "{keys}合起来可以唯一标识每一行：{rows}行中没有重复的组合。",
    "foreign_key": "每个{keys}都能在{other}中找到。",
    "foreign_key:broken": "{keys}的值有{coverage}能在{other}中找到，其余在那里没有对应。",
    "missing_share": "{column}有{share}的行缺失（{missing}行）。",
    "missing_together": "{column}与{other}总是同时缺失，共{missing}行（{share}）。",
    "missing_together_many": "从{column}到{other}共{count}列总是同时缺失，共{missing}行（{share}）。",
    "missing_only": "只有{factor}为{group}时{column}才有值：这样的{filled}行全都有值，其他行都没有。",
    "missing_only_mostly": "只有{factor}为{group}时{column}才有值：这些行中有{within}有值，其他行都没有。",
    "missing_where": "{factor}为{group}时{column}总是缺失（{rows}行）；其他行有{rest}缺失。",
    "missing_where:only": "{factor}为{group}的{rows}行中，{column}全部缺失；{factor}为其他值的行都不缺失。",
    "missing_more": "{factor}为{group}的行中，{column}缺失{share}，其他行为{rest}。",
    # 取值
    "concentration": "{column}中出现最多的{tenth}的值占了{share}的行；其中一个就有{most}行，而半数最多只有"
    "{middle}行。",
    "heavy_amount": "{column}最大的{tenth}的值约占其总和的{share}。",
    "imbalance": "{column}在{share}的行中为{value}；其他值合计{rest}行（{rest_share}）。",
    "outlier_high": "{column}有{count}行超过{limit}，最大达{end}；而半数的值不超过约{middle}。",
    "outlier_low": "{column}有{count}行低于{limit}，最小为{end}；而半数的值不低于约{middle}。",
    # 时间
    "trend_rows:day up": "每天的行数上升了{change}：最初{span}天（自{start}起）平均{first}，最后{span}天（至"
    "{end}）平均{last}。",
    "trend_rows:day down": "每天的行数下降了{change}：最初{span}天（自{start}起）平均{first}，最后{span}天（"
    "至{end}）平均{last}。",
    "trend_rows:month up": "每月的行数上升了{change}：最初{span}个月（自{start}起）平均{first}，最后{span}个"
    "月（至{end}）平均{last}。",
    "trend_rows:month down": "每月的行数下降了{change}：最初{span}个月（自{start}起）平均{first}，最后"
    "{span}个月（至{end}）平均{last}。",
    "change_point:day up": "从{date}起行数高出{change}：此后{reach}天平均每天{after}行，此前{reach}天平均"
    "{before}行。",
    "change_point:day down": "从{date}起行数低了{change}：此后{reach}天平均每天{after}行，此前{reach}天平均"
    "{before}行。",
    "change_point:month up": "从{date}起行数高出{change}：此后{reach}个月平均每月{after}行，此前{reach}个月"
    "平均{before}行。",
    "change_point:month down": "从{date}起行数低了{change}：此后{reach}个月平均每月{after}行，此前{reach}个"
    "月平均{before}行。",
    "weekday_busy": "{groups}的行数最多：平均每天{in}行，比其他日子（{out}行）多{change}。",
    "weekday_quiet": "{groups}的行数最少：平均每天{in}行，比其他日子（{out}行）少{change}。",
    "month_busy": "{groups}的行数最多：平均{in}行，比其他月份（{out}行）多{change}。",
    "month_quiet": "{groups}的行数最少：平均{in}行，比其他月份（{out}行）少{change}。",
    "spike:day": "{date}格外突出，有{count}行，是前后日子通常{usual}行的{times}倍。",
    "spike:month": "{date}格外突出，有{count}行，是前后月份通常{usual}行的{times}倍。",
    "gap:day": "有{days}天完全没有数据；最长的空档从{start}到{end}（{length}天）。其他日子约有{usual}行。",
    "gap_one:day": "{start}完全没有数据；其他日子约有{usual}行。",
    "gap:month": "有{days}个月完全没有数据；最长的空档从{start}到{end}（{length}个月）。其他月份约有"
    "{usual}行。",
    "gap_one:month": "{start}完全没有数据；其他月份约有{usual}行。",
    "hours": "{share}的行落在{from}点至{to}点之间，这只是一天的三分之一。",
    "number_over_time:up": "平均{outcome}随{factor}上升：{start}为{y0}，{end}为{y1}。",
    "number_over_time:down": "平均{outcome}随{factor}下降：{start}为{y0}，{end}为{y1}。",
    "rate_over_time:up": "{outcome}的比例随{factor}上升：{start}为{y0}，{end}为{y1}。",
    "rate_over_time:down": "{outcome}的比例随{factor}下降：{start}为{y0}，{end}为{y1}。",
    # 关系
    "copy": "{column}与{origin}在{both}行中有{equal}行的值相同。",
    "copy:all": "{column}与{origin}在全部{both}行中的值都相同。",
    "copy_text": "{column}就是以文本写出的{origin}，例如{example}：{both}行中有{equal}行一致。",
    "formula": "{column} = {formula}，在全部{known}行中成立。",
    "formula_mostly": "{column} = {formula}，在{share}的行中成立；有{exceptions}行不符。",
    "sum": "{column}是从{p0}到{p1}共{parts}列之和，在全部{known}行中成立。",
    "sum_mostly": "{column}是从{p0}到{p1}共{parts}列之和，在{share}的行中成立；有{exceptions}行不符。",
    "proportion": "{column}通常约为{whole}的{middle}：半数的行在约{low}至{high}之间。",
    "dependency_mostly": "{left}几乎总能决定{right}：{rows}行中有{exceptions}行（{share}）与其{left}通常的"
    "值不同。",
    "dependency": "每个{left}只对应一个{right}：{groups}个不同的值，没有例外。",
    "one_to_one": "{left}与{right}一一对应：{groups}个不同的值，没有例外。",
    "average_one:up": "{factor}为{group}时，平均{outcome}较高：{value}，其他行为{rest}。",
    "average_one:down": "{factor}为{group}时，平均{outcome}较低：{value}，其他行为{rest}。",
    "average_ends": "平均{outcome}因{factor}而不同：{top}最高（{high}），{bottom}最低（{low}）。",
    "average_two": "{factor}为{top}时平均{outcome}为{high}，为{bottom}时为{low}。",
    "rate_one:up": "{factor}为{group}时{outcome}更常见：占{value}，其他行为{rest}。",
    "rate_one:down": "{factor}为{group}时{outcome}更少见：占{value}，其他行为{rest}。",
    "rate_ends": "{outcome}的比例因{factor}而不同：{top}最高（{high}），{bottom}最低（{low}）。",
    "rate_two": "{factor}为{top}时{outcome}占{high}，为{bottom}时占{low}。",
    "number_steps:up": "平均{outcome}随{factor}上升：{x0}时为{y0}，{x1}时为{y1}。",
    "number_steps:down": "平均{outcome}随{factor}的上升而下降：{x0}时为{y0}，{x1}时为{y1}。",
    "number_fifths:up": "平均{outcome}随{factor}上升：{factor}最低处（约{x0}）为{y0}，最高处（约{x1}）为"
    "{y1}。",
    "number_fifths:down": "平均{outcome}随{factor}的上升而下降：{factor}最低处（约{x0}）为{y0}，最高处（约"
    "{x1}）为{y1}。",
    "rate_steps:up": "{outcome}的比例随{factor}上升：{x0}时为{y0}，{x1}时为{y1}。",
    "rate_steps:down": "{outcome}的比例随{factor}的上升而下降：{x0}时为{y0}，{x1}时为{y1}。",
    "rate_fifths:up": "{outcome}的比例随{factor}上升：{factor}最低处（约{x0}）为{y0}，最高处（约{x1}）为"
    "{y1}。",
    "rate_fifths:down": "{outcome}的比例随{factor}的上升而下降：{factor}最低处（约{x0}）为{y0}，最高处（约"
    "{x1}）为{y1}。",
    "turned": "总体上{outcome}与{factor}的相关系数为{r}，但在{segment}的{groups}个分组中有{opposite}个方向相"
    "反。",
    "category_share": "{factor}为{group}的行中，{outcome}为{kind}的占{share}，其他行为{rest}。",
    "heap_high": "{column}有{count}行（{share}）恰为其最大值{end}：数值可能在此被截断。",
    "heap_low": "{column}有{count}行（{share}）恰为其最小值{end}：数值可能在此被截断。",
    "negatives": "{column}有{count}行（{share}）小于{zero}，最低为{low}；其他值都不是。",
    "zeros": "{column}有{count}行（{share}）恰为{zero}；其他值都大于它。",
    "closed_days": "{groups}完全没有数据；其他日子平均有{usual}行。",
    "closed_days_nearly": "{groups}几乎没有数据（共{rows}行）；其他日子平均有{usual}行。",
    "trend_rows:day times": "每天的行数是起初的{times}倍：最初{span}天（自{start}起）平均{first}，最后"
    "{span}天（至{end}）平均{last}。",
    "trend_rows:month times": "每月的行数是起初的{times}倍：最初{span}个月（自{start}起）平均{first}，最后"
    "{span}个月（至{end}）平均{last}。",
    "change_point:day times": "从{date}起行数是此前的{times}倍：此后{reach}天平均每天{after}行，此前"
    "{reach}天平均{before}行。",
    "change_point:month times": "从{date}起行数是此前的{times}倍：此后{reach}个月平均每月{after}行，此前"
    "{reach}个月平均{before}行。",
    # comparing
    "compare_rows:up": "共有{new}行，比{other}（{old}行）多{change}。",
    "compare_rows:down": "共有{new}行，比{other}（{old}行）少{change}。",
    "compare_rows_alike": "共有{new}行，与{other}（{old}行）大致相同。",
    "compare_added": "新增了{count}列：{keys}。",
    "compare_added:one": "新增了一列：{keys}。",
    "compare_dropped": "{other}的{count}列不见了：{keys}。",
    "compare_dropped:one": "{other}的一列不见了：{keys}。",
    "compare_type": "{column}现在是{now}，在{other}中是{was}。",
    "compare_missing:up": "{column}缺失得更多：占{new}的行，在{other}中为{old}。",
    "compare_missing:down": "{column}缺失得更少：占{new}的行，在{other}中为{old}。",
    "compare_average:up": "平均{column}较高：{value}，在{other}中为{rest}。",
    "compare_average:down": "平均{column}较低：{value}，在{other}中为{rest}。",
    "compare_share:up": "{column}为{value}的更多：占{new}的行，在{other}中为{old}。",
    "compare_share:down": "{column}为{value}的更少：占{new}的行，在{other}中为{old}。",
    "compare_new_values": "{column}有{count}个值是{other}没有的，例如{value}（共{rows}行）。",
    "compare_new_values:one": "{column}有一个值是{other}没有的：{value}（{rows}行）。",
    "compare_lost_values": "{column}缺少{other}的{count}个值，例如{value}（在那里共{rows}行）。",
    "compare_lost_values:one": "{column}缺少{other}的一个值：{value}（在那里{rows}行）。",
    "compare_period": "{column}从{from}到{to}；在{other}中从{was_from}到{was_to}。",
    # 合计随时间的变化
    "sum_trend:day up": "每天的{measure}合计上升了{change}：最初{span}天（自{start}起）平均{first}，最后"
    "{span}天（至{end}）平均{last}。",
    "sum_change_point:day up": "从{date}起{measure}合计高出{change}：此后{reach}天平均每天{after}，此前"
    "{reach}天平均{before}。",
    "sum_trend:day down": "每天的{measure}合计下降了{change}：最初{span}天（自{start}起）平均{first}，最后"
    "{span}天（至{end}）平均{last}。",
    "sum_change_point:day down": "从{date}起{measure}合计低了{change}：此后{reach}天平均每天{after}，此前"
    "{reach}天平均{before}。",
    "sum_trend:day times": "每天的{measure}合计是起初的{times}倍：最初{span}天（自{start}起）平均{first}，"
    "最后{span}天（至{end}）平均{last}。",
    "sum_change_point:day times": "从{date}起{measure}合计是此前的{times}倍：此后{reach}天平均每天{after}，"
    "此前{reach}天平均{before}。",
    "sum_spike:day": "{date}格外突出，{measure}合计{count}，是前后日子通常{usual}的{times}倍。",
    "sum_trend:month up": "每月的{measure}合计上升了{change}：最初{span}个月（自{start}起）平均{first}，最"
    "后{span}个月（至{end}）平均{last}。",
    "sum_change_point:month up": "从{date}起{measure}合计高出{change}：此后{reach}个月平均每月{after}，此前"
    "{reach}个月平均{before}。",
    "sum_trend:month down": "每月的{measure}合计下降了{change}：最初{span}个月（自{start}起）平均{first}，"
    "最后{span}个月（至{end}）平均{last}。",
    "sum_change_point:month down": "从{date}起{measure}合计低了{change}：此后{reach}个月平均每月{after}，此"
    "前{reach}个月平均{before}。",
    "sum_trend:month times": "每月的{measure}合计是起初的{times}倍：最初{span}个月（自{start}起）平均"
    "{first}，最后{span}个月（至{end}）平均{last}。",
    "sum_change_point:month times": "从{date}起{measure}合计是此前的{times}倍：此后{reach}个月平均每月"
    "{after}，此前{reach}个月平均{before}。",
    "sum_spike:month": "{date}格外突出，{measure}合计{count}，是前后月份通常{usual}的{times}倍。",
    "sum_weekday_busy": "{groups}的{measure}合计最高：平均每天{in}，比其他日子（{out}）多{change}。",
    "sum_weekday_quiet": "{groups}的{measure}合计最低：平均每天{in}，比其他日子（{out}）少{change}。",
    "sum_month_busy": "{groups}的{measure}合计最高：平均{in}，比其他月份（{out}）多{change}。",
    "sum_month_quiet": "{groups}的{measure}合计最低：平均{in}，比其他月份（{out}）少{change}。",
    # 比较两个时期
    "period_rows:up": "{now}有{new}行，比{other}（{old}行）多{change}。",
    "period_rows:down": "{now}有{new}行，比{other}（{old}行）少{change}。",
    "period_rows_alike": "{now}有{new}行，与{other}（{old}行）大致相同。",
    "period_total:up": "{now}的{column}合计为{new}，比{other}（{old}）多{change}。",
    "period_total:down": "{now}的{column}合计为{new}，比{other}（{old}）少{change}。",
    "period_partial": "{column}只到{to}为止：{now}的行数和合计并不完整。",
    "period_missing:up": "{column}在{now}缺失得更多：占{new}的行，在{other}为{old}。",
    "period_missing:down": "{column}在{now}缺失得更少：占{new}的行，在{other}为{old}。",
    "period_average:up": "{now}的平均{column}较高：{value}，{other}为{rest}。",
    "period_average:down": "{now}的平均{column}较低：{value}，{other}为{rest}。",
    "period_share:up": "{column}为{value}的在{now}更多：占{new}的行，在{other}为{old}。",
    "period_share:down": "{column}为{value}的在{now}更少：占{new}的行，在{other}为{old}。",
    "period_new_values": "{column}在{now}有{count}个值是{other}没有的，例如{value}（共{rows}行）。",
    "period_new_values:one": "{column}在{now}有一个值是{other}没有的：{value}（{rows}行）。",
    "period_lost_values": "{column}在{other}有{count}个值是{now}没有的，例如{value}（共{rows}行）。",
    "period_lost_values:one": "{column}在{other}有一个值是{now}没有的：{value}（{rows}行）。",
    "stored_as_text_many:number": "有{count}列是以文本存放的数字，例如{column}（{example}）；都已读作数字。",
    "stored_as_text_many:date": "有{count}列是以文本存放的日期，例如{column}（{example}）；都已读作日期。",
    "stored_as_text_many:value": "有{count}列以文本存放，例如{column}（{example}）；都已读取。",
    "leak": "{column}几乎直接给出{target}：预测{target}时应当去掉它。",
    "languages": "{column}中约{share}的文本用{first}书写，约{rest}用{second}书写。",
}

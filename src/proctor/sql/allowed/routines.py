# ruff: noqa: E501
"""The server's own routines: name, argument types, how many required, result type, standing, OUT columns.

Written by scripts/allow_functions.py; do not edit. Standing: c computes, m reads metadata, q sequence, s setting, o opaque; then t total, p total on
columns, u unbounded, a aggregate, w window, r returns a set, v variadic. Columns `*`: versions differ.
"""

from __future__ import annotations

ROUTINES = r"""
RI_FKey_cascade_del||0|trigger|ou|
RI_FKey_cascade_upd||0|trigger|ou|
RI_FKey_check_ins||0|trigger|ou|
RI_FKey_check_upd||0|trigger|ou|
RI_FKey_noaction_del||0|trigger|ou|
RI_FKey_noaction_upd||0|trigger|ou|
RI_FKey_restrict_del||0|trigger|ou|
RI_FKey_restrict_upd||0|trigger|ou|
RI_FKey_setdefault_del||0|trigger|ou|
RI_FKey_setdefault_upd||0|trigger|ou|
RI_FKey_setnull_del||0|trigger|ou|
RI_FKey_setnull_upd||0|trigger|ou|
abbrev|cidr|1|text|ctp|
abbrev|inet|1|text|ctp|
abs|float4|1|float4|ctp|
abs|float8|1|float8|ctp|
abs|int2|1|int2|cp|
abs|int4|1|int4|cp|
abs|int8|1|int8|cp|
abs|numeric|1|numeric|ctp|
aclcontains|_aclitem aclitem|2|bool|c|
acldefault|char oid|2|_aclitem|m|
aclexplode|_aclitem|1|record|mr|grantor grantee privilege_type is_grantable
aclinsert|_aclitem aclitem|2|_aclitem|c|
aclitemeq|aclitem aclitem|2|bool|ctp|
aclitemin|cstring|1|aclitem|c|
aclitemout|aclitem|1|cstring|c|
aclremove|_aclitem aclitem|2|_aclitem|c|
acosd|float8|1|float8|c|
acosh|float8|1|float8|c|
acos|float8|1|float8|c|
age|timestamp timestamp|2|interval|cp|
age|timestamptz timestamptz|2|interval|cp|
age|timestamptz|1|interval|cp|
age|timestamp|1|interval|cp|
age|xid|1|int4|m|
amvalidate|oid|1|bool|ou|
any_in|cstring|1|any|c|
any_out|any|1|cstring|c|
any_value_transfn|anyelement anyelement|2|anyelement|c|
any_value|anyelement|1|anyelement|ctpa|
anyarray_in|cstring|1|anyarray|c|
anyarray_out|anyarray|1|cstring|c|
anyarray_recv|internal|1|anyarray|ou|
anyarray_send|anyarray|1|bytea|c|
anycompatible_in|cstring|1|anycompatible|c|
anycompatible_out|anycompatible|1|cstring|c|
anycompatiblearray_in|cstring|1|anycompatiblearray|c|
anycompatiblearray_out|anycompatiblearray|1|cstring|c|
anycompatiblearray_recv|internal|1|anycompatiblearray|ou|
anycompatiblearray_send|anycompatiblearray|1|bytea|c|
anycompatiblemultirange_in|cstring oid int4|3|anycompatiblemultirange|c|
anycompatiblemultirange_out|anycompatiblemultirange|1|cstring|c|
anycompatiblenonarray_in|cstring|1|anycompatiblenonarray|c|
anycompatiblenonarray_out|anycompatiblenonarray|1|cstring|c|
anycompatiblerange_in|cstring oid int4|3|anycompatiblerange|c|
anycompatiblerange_out|anycompatiblerange|1|cstring|c|
anyelement_in|cstring|1|anyelement|c|
anyelement_out|anyelement|1|cstring|c|
anyenum_in|cstring|1|anyenum|c|
anyenum_out|anyenum|1|cstring|c|
anymultirange_in|cstring oid int4|3|anymultirange|c|
anymultirange_out|anymultirange|1|cstring|c|
anynonarray_in|cstring|1|anynonarray|c|
anynonarray_out|anynonarray|1|cstring|c|
anyrange_in|cstring oid int4|3|anyrange|c|
anyrange_out|anyrange|1|cstring|c|
anytextcat|anynonarray text|2|text|ctp|
areajoinsel|internal oid internal int2 internal|5|float8|ou|
areasel|internal oid internal int4|4|float8|ou|
area|box|1|float8|c|
area|circle|1|float8|c|
area|path|1|float8|c|
array_agg_array_combine|internal internal|2|internal|ou|
array_agg_array_deserialize|bytea internal|2|internal|ou|
array_agg_array_finalfn|internal anyarray|2|anyarray|ou|
array_agg_array_serialize|internal|1|bytea|ou|
array_agg_array_transfn|internal anyarray|2|internal|ou|
array_agg_combine|internal internal|2|internal|ou|
array_agg_deserialize|bytea internal|2|internal|ou|
array_agg_finalfn|internal anynonarray|2|anyarray|ou|
array_agg_serialize|internal|1|bytea|ou|
array_agg_transfn|internal anynonarray|2|internal|ou|
array_agg|anyarray|1|anyarray|ca|
array_agg|anynonarray|1|anyarray|ctpa|
array_append_support|internal|1|internal|ou|
array_append|anycompatiblearray anycompatible|2|anycompatiblearray|c|
array_cat|anycompatiblearray anycompatiblearray|2|anycompatiblearray|c|
array_dims|anyarray|1|text|ctp|
array_eq|anyarray anyarray|2|bool|ctp|
array_fill|anyelement _int4 _int4|3|anyarray|cu|
array_fill|anyelement _int4|2|anyarray|cu|
array_ge|anyarray anyarray|2|bool|ctp|
array_gt|anyarray anyarray|2|bool|ctp|
array_in|cstring oid int4|3|anyarray|c|
array_larger|anyarray anyarray|2|anyarray|c|
array_length|anyarray int4|2|int4|ctp|
array_le|anyarray anyarray|2|bool|ctp|
array_lower|anyarray int4|2|int4|ctp|
array_lt|anyarray anyarray|2|bool|ctp|
array_ndims|anyarray|1|int4|ctp|
array_ne|anyarray anyarray|2|bool|ctp|
array_out|anyarray|1|cstring|c|
array_positions|anycompatiblearray anycompatible|2|_int4|c|
array_position|anycompatiblearray anycompatible int4|3|int4|c|
array_position|anycompatiblearray anycompatible|2|int4|c|
array_prepend_support|internal|1|internal|ou|
array_prepend|anycompatible anycompatiblearray|2|anycompatiblearray|c|
array_recv|internal oid int4|3|anyarray|ou|
array_remove|anycompatiblearray anycompatible|2|anycompatiblearray|c|
array_replace|anycompatiblearray anycompatible anycompatible|3|anycompatiblearray|c|
array_reverse|anyarray|1|anyarray|c|
array_sample|anyarray int4|2|anyarray|c|
array_send|anyarray|1|bytea|c|
array_shuffle|anyarray|1|anyarray|c|
array_smaller|anyarray anyarray|2|anyarray|c|
array_sort|anyarray bool bool|3|anyarray|c|
array_sort|anyarray bool|2|anyarray|c|
array_sort|anyarray|1|anyarray|c|
array_subscript_handler_support|internal|1|internal|ou|
array_subscript_handler|internal|1|internal|ou|
array_to_json|anyarray bool|2|json|ctp|
array_to_json|anyarray|1|json|ctp|
array_to_string|anyarray text text|3|text|ctp|
array_to_string|anyarray text|2|text|ctp|
array_to_tsvector|_text|1|tsvector|c|
array_typanalyze|internal|1|bool|ou|
array_unnest_support|internal|1|internal|ou|
array_upper|anyarray int4|2|int4|ctp|
arraycontained|anyarray anyarray|2|bool|ctp|
arraycontains|anyarray anyarray|2|bool|ctp|
arraycontjoinsel|internal oid internal int2 internal|5|float8|ou|
arraycontsel|internal oid internal int4|4|float8|ou|
arrayoverlap|anyarray anyarray|2|bool|ctp|
ascii|text|1|int4|ctp|
asind|float8|1|float8|c|
asinh|float8|1|float8|c|
asin|float8|1|float8|c|
atan2d|float8 float8|2|float8|c|
atan2|float8 float8|2|float8|c|
atand|float8|1|float8|c|
atanh|float8|1|float8|c|
atan|float8|1|float8|c|
avg|float4|1|float8|cpa|
avg|float8|1|float8|cpa|
avg|int2|1|numeric|ctpa|
avg|int4|1|numeric|ctpa|
avg|int8|1|numeric|ctpa|
avg|interval|1|interval|cpa|
avg|numeric|1|numeric|cpa|
bernoulli|internal|1|tsm_handler|ou|
big5_to_euc_tw|int4 int4 cstring internal int4 bool|6|int4|ou|
big5_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
big5_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
binary_upgrade_add_sub_rel_state|text oid char pg_lsn|4|void|ou|
binary_upgrade_create_empty_extension|text text bool text _oid _text _text|7|void|ou|
binary_upgrade_logical_slot_has_caught_up|name|1|bool|ou|
binary_upgrade_replorigin_advance|text pg_lsn|2|void|ou|
binary_upgrade_set_missing_value|oid text text|3|void|ou|
binary_upgrade_set_next_array_pg_type_oid|oid|1|void|ou|
binary_upgrade_set_next_attribute_versions|_pg_lsn|1|void|ou|
binary_upgrade_set_next_heap_pg_class_oid|oid|1|void|ou|
binary_upgrade_set_next_heap_relfilenode|oid|1|void|ou|
binary_upgrade_set_next_index_pg_class_oid|oid|1|void|ou|
binary_upgrade_set_next_index_relfilenode|oid|1|void|ou|
binary_upgrade_set_next_multirange_array_pg_type_oid|oid|1|void|ou|
binary_upgrade_set_next_multirange_pg_type_oid|oid|1|void|ou|
binary_upgrade_set_next_pg_authid_oid|oid|1|void|ou|
binary_upgrade_set_next_pg_enum_oid|oid|1|void|ou|
binary_upgrade_set_next_pg_tablespace_oid|oid|1|void|ou|
binary_upgrade_set_next_pg_type_oid|oid|1|void|ou|
binary_upgrade_set_next_toast_pg_class_oid|oid|1|void|ou|
binary_upgrade_set_next_toast_relfilenode|oid|1|void|ou|
binary_upgrade_set_record_init_privs|bool|1|void|ou|
bit_and|bit|1|bit|ca|
bit_and|int2|1|int2|ctpa|
bit_and|int4|1|int4|ctpa|
bit_and|int8|1|int8|ctpa|
bit_count|bit|1|int8|ctp|
bit_count|bytea|1|int8|ctp|
bit_in|cstring oid int4|3|bit|c|
bit_length|bit|1|int4|ctp|
bit_length|bytea|1|int4|ctp|
bit_length|text|1|int4|ctp|
bit_or|bit|1|bit|ca|
bit_or|int2|1|int2|ctpa|
bit_or|int4|1|int4|ctpa|
bit_or|int8|1|int8|ctpa|
bit_out|bit|1|cstring|c|
bit_recv|internal oid int4|3|bit|ou|
bit_send|bit|1|bytea|c|
bit_xor|bit|1|bit|ca|
bit_xor|int2|1|int2|ctpa|
bit_xor|int4|1|int4|ctpa|
bit_xor|int8|1|int8|ctpa|
bitand|bit bit|2|bit|c|
bitcat|varbit varbit|2|varbit|c|
bitcmp|bit bit|2|int4|c|
biteq|bit bit|2|bool|ctp|
bitge|bit bit|2|bool|ctp|
bitgt|bit bit|2|bool|ctp|
bitle|bit bit|2|bool|ctp|
bitlt|bit bit|2|bool|ctp|
bitne|bit bit|2|bool|ctp|
bitnot|bit|1|bit|c|
bitor|bit bit|2|bit|c|
bitshiftleft|bit int4|2|bit|c|
bitshiftright|bit int4|2|bit|c|
bittypmodin|_cstring|1|int4|ou|
bittypmodout|int4|1|cstring|ou|
bitxor|bit bit|2|bit|c|
bit|bit int4 bool|3|bit|c|
bit|int4 int4|2|bit|c|
bit|int8 int4|2|bit|c|
bool_accum_inv|internal bool|2|internal|ou|
bool_accum|internal bool|2|internal|ou|
bool_alltrue|internal|1|bool|ou|
bool_and|bool|1|bool|ctpa|
bool_anytrue|internal|1|bool|ou|
bool_or|bool|1|bool|ctpa|
booland_statefunc|bool bool|2|bool|c|
booleq|bool bool|2|bool|ctp|
boolge|bool bool|2|bool|ctp|
boolgt|bool bool|2|bool|ctp|
boolin|cstring|1|bool|c|
boolle|bool bool|2|bool|ctp|
boollt|bool bool|2|bool|ctp|
boolne|bool bool|2|bool|ctp|
boolor_statefunc|bool bool|2|bool|c|
boolout|bool|1|cstring|c|
boolrecv|internal|1|bool|ou|
boolsend|bool|1|bytea|c|
bool|int4|1|bool|c|
bool|jsonb|1|bool|c|
bound_box|box box|2|box|c|
box_above_eq|box box|2|bool|c|
box_above|box box|2|bool|c|
box_add|box point|2|box|c|
box_below_eq|box box|2|bool|c|
box_below|box box|2|bool|c|
box_center|box|1|point|c|
box_contain_pt|box point|2|bool|c|
box_contained|box box|2|bool|c|
box_contain|box box|2|bool|c|
box_distance|box box|2|float8|c|
box_div|box point|2|box|c|
box_eq|box box|2|bool|cp|
box_ge|box box|2|bool|cp|
box_gt|box box|2|bool|cp|
box_intersect|box box|2|box|c|
box_in|cstring|1|box|c|
box_left|box box|2|bool|c|
box_le|box box|2|bool|cp|
box_lt|box box|2|bool|cp|
box_mul|box point|2|box|c|
box_out|box|1|cstring|c|
box_overabove|box box|2|bool|c|
box_overbelow|box box|2|bool|c|
box_overlap|box box|2|bool|c|
box_overleft|box box|2|bool|c|
box_overright|box box|2|bool|c|
box_recv|internal|1|box|ou|
box_right|box box|2|bool|c|
box_same|box box|2|bool|c|
box_send|box|1|bytea|c|
box_sub|box point|2|box|c|
box|circle|1|box|c|
box|point point|2|box|c|
box|point|1|box|c|
box|polygon|1|box|c|
bpchar_larger|bpchar bpchar|2|bpchar|c|
bpchar_pattern_ge|bpchar bpchar|2|bool|c|
bpchar_pattern_gt|bpchar bpchar|2|bool|c|
bpchar_pattern_le|bpchar bpchar|2|bool|c|
bpchar_pattern_lt|bpchar bpchar|2|bool|c|
bpchar_smaller|bpchar bpchar|2|bpchar|c|
bpchar_sortsupport|internal|1|void|ou|
bpcharcmp|bpchar bpchar|2|int4|c|
bpchareq|bpchar bpchar|2|bool|ctp|
bpcharge|bpchar bpchar|2|bool|ctp|
bpchargt|bpchar bpchar|2|bool|ctp|
bpchariclike|bpchar text|2|bool|c|
bpcharicnlike|bpchar text|2|bool|c|
bpcharicregexeq|bpchar text|2|bool|c|
bpcharicregexne|bpchar text|2|bool|c|
bpcharin|cstring oid int4|3|bpchar|c|
bpcharle|bpchar bpchar|2|bool|ctp|
bpcharlike|bpchar text|2|bool|c|
bpcharlt|bpchar bpchar|2|bool|ctp|
bpcharne|bpchar bpchar|2|bool|ctp|
bpcharnlike|bpchar text|2|bool|c|
bpcharout|bpchar|1|cstring|c|
bpcharrecv|internal oid int4|3|bpchar|ou|
bpcharregexeq|bpchar text|2|bool|c|
bpcharregexne|bpchar text|2|bool|c|
bpcharsend|bpchar|1|bytea|c|
bpchartypmodin|_cstring|1|int4|ou|
bpchartypmodout|int4|1|cstring|ou|
bpchar|bpchar int4 bool|3|bpchar|c|
bpchar|char|1|bpchar|ctp|
bpchar|name|1|bpchar|ctp|
brin_bloom_add_value|internal internal internal internal|4|bool|ou|
brin_bloom_consistent|internal internal internal int4|4|bool|ou|
brin_bloom_opcinfo|internal|1|internal|ou|
brin_bloom_options|internal|1|void|ou|
brin_bloom_summary_in|cstring|1|pg_brin_bloom_summary|c|
brin_bloom_summary_out|pg_brin_bloom_summary|1|cstring|c|
brin_bloom_summary_recv|internal|1|pg_brin_bloom_summary|ou|
brin_bloom_summary_send|pg_brin_bloom_summary|1|bytea|ou|
brin_bloom_union|internal internal internal|3|bool|ou|
brin_desummarize_range|regclass int8|2|void|ou|
brin_inclusion_add_value|internal internal internal internal|4|bool|ou|
brin_inclusion_consistent|internal internal internal|3|bool|ou|
brin_inclusion_opcinfo|internal|1|internal|ou|
brin_inclusion_union|internal internal internal|3|bool|ou|
brin_minmax_add_value|internal internal internal internal|4|bool|ou|
brin_minmax_consistent|internal internal internal|3|bool|ou|
brin_minmax_multi_add_value|internal internal internal internal|4|bool|ou|
brin_minmax_multi_consistent|internal internal internal int4|4|bool|ou|
brin_minmax_multi_distance_date|internal internal|2|float8|ou|
brin_minmax_multi_distance_float4|internal internal|2|float8|ou|
brin_minmax_multi_distance_float8|internal internal|2|float8|ou|
brin_minmax_multi_distance_inet|internal internal|2|float8|ou|
brin_minmax_multi_distance_int2|internal internal|2|float8|ou|
brin_minmax_multi_distance_int4|internal internal|2|float8|ou|
brin_minmax_multi_distance_int8|internal internal|2|float8|ou|
brin_minmax_multi_distance_interval|internal internal|2|float8|ou|
brin_minmax_multi_distance_macaddr8|internal internal|2|float8|ou|
brin_minmax_multi_distance_macaddr|internal internal|2|float8|ou|
brin_minmax_multi_distance_numeric|internal internal|2|float8|ou|
brin_minmax_multi_distance_pg_lsn|internal internal|2|float8|ou|
brin_minmax_multi_distance_tid|internal internal|2|float8|ou|
brin_minmax_multi_distance_timestamp|internal internal|2|float8|ou|
brin_minmax_multi_distance_timetz|internal internal|2|float8|ou|
brin_minmax_multi_distance_time|internal internal|2|float8|ou|
brin_minmax_multi_distance_uuid|internal internal|2|float8|ou|
brin_minmax_multi_opcinfo|internal|1|internal|ou|
brin_minmax_multi_options|internal|1|void|ou|
brin_minmax_multi_summary_in|cstring|1|pg_brin_minmax_multi_summary|c|
brin_minmax_multi_summary_out|pg_brin_minmax_multi_summary|1|cstring|c|
brin_minmax_multi_summary_recv|internal|1|pg_brin_minmax_multi_summary|ou|
brin_minmax_multi_summary_send|pg_brin_minmax_multi_summary|1|bytea|ou|
brin_minmax_multi_union|internal internal internal|3|bool|ou|
brin_minmax_opcinfo|internal|1|internal|ou|
brin_minmax_union|internal internal internal|3|bool|ou|
brin_summarize_new_values|regclass|1|int4|ou|
brin_summarize_range|regclass int8|2|int4|ou|
brinhandler|internal|1|index_am_handler|ou|
broadcast|inet|1|inet|ctp|
btarraycmp|anyarray anyarray|2|int4|c|
btboolcmp|bool bool|2|int4|c|
btboolskipsupport|internal|1|void|ou|
btbpchar_pattern_cmp|bpchar bpchar|2|int4|c|
btbpchar_pattern_sortsupport|internal|1|void|ou|
btcharcmp|char char|2|int4|c|
btcharskipsupport|internal|1|void|ou|
btequalimage|oid|1|bool|c|
btfloat48cmp|float4 float8|2|int4|c|
btfloat4cmp|float4 float4|2|int4|c|
btfloat4sortsupport|internal|1|void|ou|
btfloat84cmp|float8 float4|2|int4|c|
btfloat8cmp|float8 float8|2|int4|c|
btfloat8sortsupport|internal|1|void|ou|
bthandler|internal|1|index_am_handler|ou|
btint24cmp|int2 int4|2|int4|c|
btint28cmp|int2 int8|2|int4|c|
btint2cmp|int2 int2|2|int4|c|
btint2skipsupport|internal|1|void|ou|
btint2sortsupport|internal|1|void|ou|
btint42cmp|int4 int2|2|int4|c|
btint48cmp|int4 int8|2|int4|c|
btint4cmp|int4 int4|2|int4|c|
btint4skipsupport|internal|1|void|ou|
btint4sortsupport|internal|1|void|ou|
btint82cmp|int8 int2|2|int4|c|
btint84cmp|int8 int4|2|int4|c|
btint8cmp|int8 int8|2|int4|c|
btint8skipsupport|internal|1|void|ou|
btint8sortsupport|internal|1|void|ou|
btnamecmp|name name|2|int4|c|
btnamesortsupport|internal|1|void|ou|
btnametextcmp|name text|2|int4|c|
btoidcmp|oid oid|2|int4|c|
btoidskipsupport|internal|1|void|ou|
btoidsortsupport|internal|1|void|ou|
btoidvectorcmp|oidvector oidvector|2|int4|c|
btrecordcmp|record record|2|int4|c|
btrecordimagecmp|record record|2|int4|c|
btrim|bytea bytea|2|bytea|ctp|
btrim|text text|2|text|ctp|
btrim|text|1|text|ctp|
bttext_pattern_cmp|text text|2|int4|c|
bttext_pattern_sortsupport|internal|1|void|ou|
bttextcmp|text text|2|int4|c|
bttextnamecmp|text name|2|int4|c|
bttextsortsupport|internal|1|void|ou|
bttidcmp|tid tid|2|int4|c|
btvarstrequalimage|oid|1|bool|c|
bytea_larger|bytea bytea|2|bytea|c|
bytea_smaller|bytea bytea|2|bytea|c|
bytea_sortsupport|internal|1|void|ou|
bytea_string_agg_finalfn|internal|1|bytea|ou|
bytea_string_agg_transfn|internal bytea bytea|3|internal|ou|
byteacat|bytea bytea|2|bytea|ctp|
byteacmp|bytea bytea|2|int4|c|
byteaeq|bytea bytea|2|bool|ctp|
byteage|bytea bytea|2|bool|ctp|
byteagt|bytea bytea|2|bool|ctp|
byteain|cstring|1|bytea|c|
byteale|bytea bytea|2|bool|ctp|
bytealike|bytea bytea|2|bool|c|
bytealt|bytea bytea|2|bool|ctp|
byteane|bytea bytea|2|bool|ctp|
byteanlike|bytea bytea|2|bool|c|
byteaout|bytea|1|cstring|c|
bytearecv|internal|1|bytea|ou|
byteasend|bytea|1|bytea|c|
bytea|int2|1|bytea|c|
bytea|int4|1|bytea|c|
bytea|int8|1|bytea|c|
cardinality|anyarray|1|int4|ctp|
casefold|text|1|text|ctp|
cash_cmp|money money|2|int4|c|
cash_div_cash|money money|2|float8|c|
cash_div_flt4|money float4|2|money|c|
cash_div_flt8|money float8|2|money|c|
cash_div_int2|money int2|2|money|c|
cash_div_int4|money int4|2|money|c|
cash_div_int8|money int8|2|money|c|
cash_eq|money money|2|bool|ctp|
cash_ge|money money|2|bool|ctp|
cash_gt|money money|2|bool|ctp|
cash_in|cstring|1|money|c|
cash_le|money money|2|bool|ctp|
cash_lt|money money|2|bool|ctp|
cash_mi|money money|2|money|c|
cash_mul_flt4|money float4|2|money|c|
cash_mul_flt8|money float8|2|money|c|
cash_mul_int2|money int2|2|money|c|
cash_mul_int4|money int4|2|money|c|
cash_mul_int8|money int8|2|money|c|
cash_ne|money money|2|bool|ctp|
cash_out|money|1|cstring|c|
cash_pl|money money|2|money|c|
cash_recv|internal|1|money|ou|
cash_send|money|1|bytea|c|
cash_words|money|1|text|c|
cashlarger|money money|2|money|c|
cashsmaller|money money|2|money|c|
cbrt|float8|1|float8|c|
ceiling|float8|1|float8|ctp|
ceiling|numeric|1|numeric|cp|
ceil|float8|1|float8|ctp|
ceil|numeric|1|numeric|cp|
center|box|1|point|c|
center|circle|1|point|c|
char_length|bpchar|1|int4|ctp|
char_length|text|1|int4|ctp|
character_length|bpchar|1|int4|ctp|
character_length|text|1|int4|ctp|
chareq|char char|2|bool|ctp|
charge|char char|2|bool|ctp|
chargt|char char|2|bool|ctp|
charin|cstring|1|char|c|
charle|char char|2|bool|ctp|
charlt|char char|2|bool|ctp|
charne|char char|2|bool|ctp|
charout|char|1|cstring|c|
charrecv|internal|1|char|ou|
charsend|char|1|bytea|c|
char|int4|1|char|c|
char|text|1|char|c|
chr|int4|1|text|c|
cideq|cid cid|2|bool|ctp|
cidin|cstring|1|cid|c|
cidout|cid|1|cstring|c|
cidr_in|cstring|1|cidr|c|
cidr_out|cidr|1|cstring|c|
cidr_recv|internal|1|cidr|ou|
cidr_send|cidr|1|bytea|c|
cidrecv|internal|1|cid|ou|
cidr|inet|1|cidr|c|
cidsend|cid|1|bytea|c|
circle_above|circle circle|2|bool|c|
circle_add_pt|circle point|2|circle|c|
circle_below|circle circle|2|bool|c|
circle_center|circle|1|point|c|
circle_contain_pt|circle point|2|bool|c|
circle_contained|circle circle|2|bool|c|
circle_contain|circle circle|2|bool|c|
circle_distance|circle circle|2|float8|c|
circle_div_pt|circle point|2|circle|c|
circle_eq|circle circle|2|bool|cp|
circle_ge|circle circle|2|bool|cp|
circle_gt|circle circle|2|bool|cp|
circle_in|cstring|1|circle|c|
circle_left|circle circle|2|bool|c|
circle_le|circle circle|2|bool|cp|
circle_lt|circle circle|2|bool|cp|
circle_mul_pt|circle point|2|circle|c|
circle_ne|circle circle|2|bool|cp|
circle_out|circle|1|cstring|c|
circle_overabove|circle circle|2|bool|c|
circle_overbelow|circle circle|2|bool|c|
circle_overlap|circle circle|2|bool|c|
circle_overleft|circle circle|2|bool|c|
circle_overright|circle circle|2|bool|c|
circle_recv|internal|1|circle|ou|
circle_right|circle circle|2|bool|c|
circle_same|circle circle|2|bool|c|
circle_send|circle|1|bytea|c|
circle_sub_pt|circle point|2|circle|c|
circle|box|1|circle|c|
circle|point float8|2|circle|c|
circle|polygon|1|circle|c|
clock_timestamp||0|timestamptz|mtp|
close_lseg|lseg lseg|2|point|c|
close_ls|line lseg|2|point|c|
close_pb|point box|2|point|c|
close_pl|point line|2|point|c|
close_ps|point lseg|2|point|c|
close_sb|lseg box|2|point|c|
col_description|oid int4|2|text|m|
concat_ws|text any|2|text|ctpv|
concat|any|1|text|ctpv|
contjoinsel|internal oid internal int2 internal|5|float8|ou|
contsel|internal oid internal int4|4|float8|ou|
convert_from|bytea name|2|text|c|
convert_to|text name|2|bytea|c|
convert|bytea name name|3|bytea|c|
corr|float8 float8|2|float8|cpa|
cosd|float8|1|float8|c|
cosh|float8|1|float8|c|
cos|float8|1|float8|c|
cotd|float8|1|float8|c|
cot|float8|1|float8|c|
count|any|1|int8|ctpa|
count||0|int8|ctpa|
covar_pop|float8 float8|2|float8|cpa|
covar_samp|float8 float8|2|float8|cpa|
crc32c|bytea|1|int8|ctp|
crc32|bytea|1|int8|ctp|
cstring_in|cstring|1|cstring|c|
cstring_out|cstring|1|cstring|c|
cstring_recv|internal|1|cstring|ou|
cstring_send|cstring|1|bytea|c|
cume_dist_final|internal any|2|float8|ouv|
cume_dist|any|1|float8|ctpav|
cume_dist||0|float8|ctpw|
current_database||0|name|mtp|
current_query||0|text|ou|
current_schemas|bool|1|_name|m|
current_schema||0|name|mtp|
current_setting|text bool|2|text|m|
current_setting|text|1|text|m|
current_user||0|name|mtp|
currtid2|text tid|2|tid|ou|
currval|regclass|1|int8|q|
cursor_to_xmlschema|refcursor bool bool text|4|xml|ou|
cursor_to_xml|refcursor int4 bool bool text|5|xml|ou|
database_to_xml_and_xmlschema|bool bool text|3|xml|ou|
database_to_xmlschema|bool bool text|3|xml|ou|
database_to_xml|bool bool text|3|xml|ou|
date_add|timestamptz interval text|3|timestamptz|c|
date_add|timestamptz interval|2|timestamptz|c|
date_bin|interval timestamp timestamp|3|timestamp|c|
date_bin|interval timestamptz timestamptz|3|timestamptz|c|
date_cmp_timestamptz|date timestamptz|2|int4|c|
date_cmp_timestamp|date timestamp|2|int4|c|
date_cmp|date date|2|int4|c|
date_eq_timestamptz|date timestamptz|2|bool|ctp|
date_eq_timestamp|date timestamp|2|bool|ctp|
date_eq|date date|2|bool|ctp|
date_ge_timestamptz|date timestamptz|2|bool|ctp|
date_ge_timestamp|date timestamp|2|bool|ctp|
date_ge|date date|2|bool|ctp|
date_gt_timestamptz|date timestamptz|2|bool|ctp|
date_gt_timestamp|date timestamp|2|bool|ctp|
date_gt|date date|2|bool|ctp|
date_in|cstring|1|date|c|
date_larger|date date|2|date|c|
date_le_timestamptz|date timestamptz|2|bool|ctp|
date_le_timestamp|date timestamp|2|bool|ctp|
date_le|date date|2|bool|ctp|
date_lt_timestamptz|date timestamptz|2|bool|ctp|
date_lt_timestamp|date timestamp|2|bool|ctp|
date_lt|date date|2|bool|ctp|
date_mi_interval|date interval|2|timestamp|c|
date_mii|date int4|2|date|c|
date_mi|date date|2|int4|cp|
date_ne_timestamptz|date timestamptz|2|bool|ctp|
date_ne_timestamp|date timestamp|2|bool|ctp|
date_ne|date date|2|bool|ctp|
date_out|date|1|cstring|c|
date_part|text date|2|float8|cp|
date_part|text interval|2|float8|cp|
date_part|text timestamptz|2|float8|cp|
date_part|text timestamp|2|float8|cp|
date_part|text timetz|2|float8|cp|
date_part|text time|2|float8|cp|
date_pl_interval|date interval|2|timestamp|c|
date_pli|date int4|2|date|c|
date_recv|internal|1|date|ou|
date_send|date|1|bytea|c|
date_skipsupport|internal|1|void|ou|
date_smaller|date date|2|date|c|
date_sortsupport|internal|1|void|ou|
date_subtract|timestamptz interval text|3|timestamptz|c|
date_subtract|timestamptz interval|2|timestamptz|c|
date_trunc|text interval|2|interval|cp|
date_trunc|text timestamptz text|3|timestamptz|cp|
date_trunc|text timestamptz|2|timestamptz|cp|
date_trunc|text timestamp|2|timestamp|cp|
datemultirange|_daterange|1|datemultirange|cv|
datemultirange|daterange|1|datemultirange|c|
datemultirange||0|datemultirange|ctp|
daterange_canonical|daterange|1|daterange|c|
daterange_subdiff|date date|2|float8|c|
daterange|date date text|3|daterange|c|
daterange|date date|2|daterange|c|
datetime_pl|date time|2|timestamp|c|
datetimetz_pl|date timetz|2|timestamptz|c|
date|timestamptz|1|date|c|
date|timestamp|1|date|c|
dcbrt|float8|1|float8|c|
decode|text text|2|bytea|c|
degrees|float8|1|float8|c|
dense_rank_final|internal any|2|int8|ouv|
dense_rank|any|1|int8|ctpav|
dense_rank||0|int8|ctpw|
dexp|float8|1|float8|c|
diagonal|box|1|lseg|c|
diameter|circle|1|float8|c|
dispell_init|internal|1|internal|ou|
dispell_lexize|internal internal internal internal|4|internal|ou|
dist_bp|box point|2|float8|c|
dist_bs|box lseg|2|float8|c|
dist_cpoint|circle point|2|float8|c|
dist_cpoly|circle polygon|2|float8|c|
dist_lp|line point|2|float8|c|
dist_ls|line lseg|2|float8|c|
dist_pathp|path point|2|float8|c|
dist_pb|point box|2|float8|c|
dist_pc|point circle|2|float8|c|
dist_pl|point line|2|float8|c|
dist_polyc|polygon circle|2|float8|c|
dist_polyp|polygon point|2|float8|c|
dist_ppath|point path|2|float8|c|
dist_ppoly|point polygon|2|float8|c|
dist_ps|point lseg|2|float8|c|
dist_sb|lseg box|2|float8|c|
dist_sl|lseg line|2|float8|c|
dist_sp|lseg point|2|float8|c|
div|numeric numeric|2|numeric|c|
dlog10|float8|1|float8|c|
dlog1|float8|1|float8|c|
domain_in|cstring oid int4|3|any|c|
domain_recv|internal oid int4|3|any|ou|
dpow|float8 float8|2|float8|c|
dround|float8|1|float8|c|
dsimple_init|internal|1|internal|ou|
dsimple_lexize|internal internal internal internal|4|internal|ou|
dsnowball_init|internal|1|internal|ou|
dsnowball_lexize|internal internal internal internal|4|internal|ou|
dsqrt|float8|1|float8|c|
dsynonym_init|internal|1|internal|ou|
dsynonym_lexize|internal internal internal internal|4|internal|ou|
dtrunc|float8|1|float8|c|
elem_contained_by_multirange|anyelement anymultirange|2|bool|c|
elem_contained_by_range_support|internal|1|internal|ou|
elem_contained_by_range|anyelement anyrange|2|bool|ctp|
encode|bytea text|2|text|cp|
enum_cmp|anyenum anyenum|2|int4|c|
enum_eq|anyenum anyenum|2|bool|ctp|
enum_first|anyenum|1|anyenum|c|
enum_ge|anyenum anyenum|2|bool|ctp|
enum_gt|anyenum anyenum|2|bool|ctp|
enum_in|cstring oid|2|anyenum|ou|
enum_larger|anyenum anyenum|2|anyenum|c|
enum_last|anyenum|1|anyenum|c|
enum_le|anyenum anyenum|2|bool|ctp|
enum_lt|anyenum anyenum|2|bool|ctp|
enum_ne|anyenum anyenum|2|bool|ctp|
enum_out|anyenum|1|cstring|ou|
enum_range|anyenum anyenum|2|anyarray|c|
enum_range|anyenum|1|anyarray|c|
enum_recv|internal oid|2|anyenum|ou|
enum_send|anyenum|1|bytea|c|
enum_smaller|anyenum anyenum|2|anyenum|c|
eqjoinsel|internal oid internal int2 internal|5|float8|ou|
eqsel|internal oid internal int4|4|float8|ou|
erfc|float8|1|float8|c|
erf|float8|1|float8|c|
euc_cn_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
euc_cn_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
euc_jis_2004_to_shift_jis_2004|int4 int4 cstring internal int4 bool|6|int4|ou|
euc_jis_2004_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
euc_jp_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
euc_jp_to_sjis|int4 int4 cstring internal int4 bool|6|int4|ou|
euc_jp_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
euc_kr_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
euc_kr_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
euc_tw_to_big5|int4 int4 cstring internal int4 bool|6|int4|ou|
euc_tw_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
euc_tw_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
event_trigger_in|cstring|1|event_trigger|ou|
event_trigger_out|event_trigger|1|cstring|ou|
every|bool|1|bool|ctpa|
exp|float8|1|float8|c|
exp|numeric|1|numeric|c|
extract|text date|2|numeric|cp|
extract|text interval|2|numeric|cp|
extract|text timestamptz|2|numeric|cp|
extract|text timestamp|2|numeric|cp|
extract|text timetz|2|numeric|cp|
extract|text time|2|numeric|cp|
factorial|int8|1|numeric|c|
family|inet|1|int4|ctp|
fdw_handler_in|cstring|1|fdw_handler|ou|
fdw_handler_out|fdw_handler|1|cstring|ou|
first_value|anyelement|1|anyelement|ctpw|
float48div|float4 float8|2|float8|c|
float48eq|float4 float8|2|bool|ctp|
float48ge|float4 float8|2|bool|ctp|
float48gt|float4 float8|2|bool|ctp|
float48le|float4 float8|2|bool|ctp|
float48lt|float4 float8|2|bool|ctp|
float48mi|float4 float8|2|float8|c|
float48mul|float4 float8|2|float8|c|
float48ne|float4 float8|2|bool|ctp|
float48pl|float4 float8|2|float8|c|
float4_accum|_float8 float4|2|_float8|c|
float4abs|float4|1|float4|ctp|
float4div|float4 float4|2|float4|c|
float4eq|float4 float4|2|bool|ctp|
float4ge|float4 float4|2|bool|ctp|
float4gt|float4 float4|2|bool|ctp|
float4in|cstring|1|float4|c|
float4larger|float4 float4|2|float4|c|
float4le|float4 float4|2|bool|ctp|
float4lt|float4 float4|2|bool|ctp|
float4mi|float4 float4|2|float4|c|
float4mul|float4 float4|2|float4|c|
float4ne|float4 float4|2|bool|ctp|
float4out|float4|1|cstring|c|
float4pl|float4 float4|2|float4|c|
float4recv|internal|1|float4|ou|
float4send|float4|1|bytea|c|
float4smaller|float4 float4|2|float4|c|
float4um|float4|1|float4|ctp|
float4up|float4|1|float4|ctp|
float4|float8|1|float4|c|
float4|int2|1|float4|ctp|
float4|int4|1|float4|ctp|
float4|int8|1|float4|ctp|
float4|jsonb|1|float4|c|
float4|numeric|1|float4|c|
float84div|float8 float4|2|float8|c|
float84eq|float8 float4|2|bool|ctp|
float84ge|float8 float4|2|bool|ctp|
float84gt|float8 float4|2|bool|ctp|
float84le|float8 float4|2|bool|ctp|
float84lt|float8 float4|2|bool|ctp|
float84mi|float8 float4|2|float8|c|
float84mul|float8 float4|2|float8|c|
float84ne|float8 float4|2|bool|ctp|
float84pl|float8 float4|2|float8|c|
float8_accum|_float8 float8|2|_float8|c|
float8_avg|_float8|1|float8|c|
float8_combine|_float8 _float8|2|_float8|c|
float8_corr|_float8|1|float8|c|
float8_covar_pop|_float8|1|float8|c|
float8_covar_samp|_float8|1|float8|c|
float8_regr_accum|_float8 float8 float8|3|_float8|c|
float8_regr_avgx|_float8|1|float8|c|
float8_regr_avgy|_float8|1|float8|c|
float8_regr_combine|_float8 _float8|2|_float8|c|
float8_regr_intercept|_float8|1|float8|c|
float8_regr_r2|_float8|1|float8|c|
float8_regr_slope|_float8|1|float8|c|
float8_regr_sxx|_float8|1|float8|c|
float8_regr_sxy|_float8|1|float8|c|
float8_regr_syy|_float8|1|float8|c|
float8_stddev_pop|_float8|1|float8|c|
float8_stddev_samp|_float8|1|float8|c|
float8_var_pop|_float8|1|float8|c|
float8_var_samp|_float8|1|float8|c|
float8abs|float8|1|float8|ctp|
float8div|float8 float8|2|float8|c|
float8eq|float8 float8|2|bool|ctp|
float8ge|float8 float8|2|bool|ctp|
float8gt|float8 float8|2|bool|ctp|
float8in|cstring|1|float8|c|
float8larger|float8 float8|2|float8|c|
float8le|float8 float8|2|bool|ctp|
float8lt|float8 float8|2|bool|ctp|
float8mi|float8 float8|2|float8|c|
float8mul|float8 float8|2|float8|c|
float8ne|float8 float8|2|bool|ctp|
float8out|float8|1|cstring|c|
float8pl|float8 float8|2|float8|c|
float8recv|internal|1|float8|ou|
float8send|float8|1|bytea|c|
float8smaller|float8 float8|2|float8|c|
float8um|float8|1|float8|ctp|
float8up|float8|1|float8|ctp|
float8|float4|1|float8|ctp|
float8|int2|1|float8|ctp|
float8|int4|1|float8|ctp|
float8|int8|1|float8|ctp|
float8|jsonb|1|float8|c|
float8|numeric|1|float8|c|
floor|float8|1|float8|ctp|
floor|numeric|1|numeric|cp|
flt4_mul_cash|float4 money|2|money|c|
flt8_mul_cash|float8 money|2|money|c|
fmgr_c_validator|oid|1|void|ou|
fmgr_internal_validator|oid|1|void|ou|
fmgr_sql_validator|oid|1|void|ou|
format_type|oid int4|2|text|m|
format|text any|2|text|cuv|
format|text|1|text|cu|
gamma|float8|1|float8|c|
gb18030_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
gbk_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
gcd|int4 int4|2|int4|c|
gcd|int8 int8|2|int8|c|
gcd|numeric numeric|2|numeric|c|
gen_random_uuid||0|uuid|mtp|
generate_series_int4_support|internal|1|internal|ou|
generate_series_int8_support|internal|1|internal|ou|
generate_series_numeric_support|internal|1|internal|ou|
generate_series_timestamp_support|internal|1|internal|ou|
generate_series|int4 int4 int4|3|int4|cur|
generate_series|int4 int4|2|int4|cur|
generate_series|int8 int8 int8|3|int8|cur|
generate_series|int8 int8|2|int8|cur|
generate_series|numeric numeric numeric|3|numeric|cur|
generate_series|numeric numeric|2|numeric|cur|
generate_series|timestamp timestamp interval|3|timestamp|cur|
generate_series|timestamptz timestamptz interval text|4|timestamptz|cur|
generate_series|timestamptz timestamptz interval|3|timestamptz|cur|
generate_subscripts|anyarray int4 bool|3|int4|cr|
generate_subscripts|anyarray int4|2|int4|cr|
get_bit|bit int4|2|int4|c|
get_bit|bytea int8|2|int4|c|
get_byte|bytea int4|2|int4|c|
get_current_ts_config||0|regconfig|ctp|
getdatabaseencoding||0|name|mtp|
getpgusername||0|name|mtp|
gin_clean_pending_list|regclass|1|int8|ou|
gin_cmp_prefix|text text int2 internal|4|int4|ou|
gin_cmp_tslexeme|text text|2|int4|c|
gin_compare_jsonb|text text|2|int4|c|
gin_consistent_jsonb_path|internal int2 jsonb int4 internal internal internal internal|8|bool|ou|
gin_consistent_jsonb|internal int2 jsonb int4 internal internal internal internal|8|bool|ou|
gin_extract_jsonb_path|jsonb internal internal|3|internal|ou|
gin_extract_jsonb_query_path|jsonb internal int2 internal internal internal internal|7|internal|ou|
gin_extract_jsonb_query|jsonb internal int2 internal internal internal internal|7|internal|ou|
gin_extract_jsonb|jsonb internal internal|3|internal|ou|
gin_extract_tsquery|tsquery internal int2 internal internal internal internal|7|internal|ou|
gin_extract_tsquery|tsquery internal int2 internal internal|5|internal|ou|
gin_extract_tsquery|tsvector internal int2 internal internal internal internal|7|internal|ou|
gin_extract_tsvector|tsvector internal internal|3|internal|ou|
gin_extract_tsvector|tsvector internal|2|internal|ou|
gin_triconsistent_jsonb_path|internal int2 jsonb int4 internal internal internal|7|char|ou|
gin_triconsistent_jsonb|internal int2 jsonb int4 internal internal internal|7|char|ou|
gin_tsquery_consistent|internal int2 tsquery int4 internal internal internal internal|8|bool|ou|
gin_tsquery_consistent|internal int2 tsquery int4 internal internal|6|bool|ou|
gin_tsquery_consistent|internal int2 tsvector int4 internal internal internal internal|8|bool|ou|
gin_tsquery_triconsistent|internal int2 tsvector int4 internal internal internal|7|char|ou|
ginarrayconsistent|internal int2 anyarray int4 internal internal internal internal|8|bool|ou|
ginarrayextract|anyarray internal internal|3|internal|ou|
ginarrayextract|anyarray internal|2|internal|ou|
ginarraytriconsistent|internal int2 anyarray int4 internal internal internal|7|char|ou|
ginhandler|internal|1|index_am_handler|ou|
ginqueryarrayextract|anyarray internal int2 internal internal internal internal|7|internal|ou|
gist_box_consistent|internal box int2 oid internal|5|bool|ou|
gist_box_distance|internal box int2 oid internal|5|float8|ou|
gist_box_penalty|internal internal internal|3|internal|ou|
gist_box_picksplit|internal internal|2|internal|ou|
gist_box_same|box box internal|3|internal|ou|
gist_box_union|internal internal|2|box|ou|
gist_circle_compress|internal|1|internal|ou|
gist_circle_consistent|internal circle int2 oid internal|5|bool|ou|
gist_circle_distance|internal circle int2 oid internal|5|float8|ou|
gist_point_compress|internal|1|internal|ou|
gist_point_consistent|internal point int2 oid internal|5|bool|ou|
gist_point_distance|internal point int2 oid internal|5|float8|ou|
gist_point_fetch|internal|1|internal|ou|
gist_point_sortsupport|internal|1|void|ou|
gist_poly_compress|internal|1|internal|ou|
gist_poly_consistent|internal polygon int2 oid internal|5|bool|ou|
gist_poly_distance|internal polygon int2 oid internal|5|float8|ou|
gist_translate_cmptype_common|int4|1|int2|c|
gisthandler|internal|1|index_am_handler|ou|
gtsquery_compress|internal|1|internal|ou|
gtsquery_consistent|internal internal int4 oid internal|5|bool|ou|
gtsquery_consistent|internal tsquery int2 oid internal|5|bool|ou|
gtsquery_penalty|internal internal internal|3|internal|ou|
gtsquery_picksplit|internal internal|2|internal|ou|
gtsquery_same|int8 int8 internal|3|internal|ou|
gtsquery_union|internal internal|2|int8|ou|
gtsvector_compress|internal|1|internal|ou|
gtsvector_consistent|internal gtsvector int4 oid internal|5|bool|ou|
gtsvector_consistent|internal tsvector int2 oid internal|5|bool|ou|
gtsvector_decompress|internal|1|internal|ou|
gtsvector_options|internal|1|void|ou|
gtsvector_penalty|internal internal internal|3|internal|ou|
gtsvector_picksplit|internal internal|2|internal|ou|
gtsvector_same|gtsvector gtsvector internal|3|internal|ou|
gtsvector_union|internal internal|2|gtsvector|ou|
gtsvectorin|cstring|1|gtsvector|c|
gtsvectorout|gtsvector|1|cstring|c|
has_any_column_privilege|name oid text|3|bool|m|
has_any_column_privilege|name text text|3|bool|m|
has_any_column_privilege|oid oid text|3|bool|m|
has_any_column_privilege|oid text text|3|bool|m|
has_any_column_privilege|oid text|2|bool|m|
has_any_column_privilege|text text|2|bool|m|
has_column_privilege|name oid int2 text|4|bool|m|
has_column_privilege|name oid text text|4|bool|m|
has_column_privilege|name text int2 text|4|bool|m|
has_column_privilege|name text text text|4|bool|m|
has_column_privilege|oid int2 text|3|bool|m|
has_column_privilege|oid oid int2 text|4|bool|m|
has_column_privilege|oid oid text text|4|bool|m|
has_column_privilege|oid text int2 text|4|bool|m|
has_column_privilege|oid text text text|4|bool|m|
has_column_privilege|oid text text|3|bool|m|
has_column_privilege|text int2 text|3|bool|m|
has_column_privilege|text text text|3|bool|m|
has_database_privilege|name oid text|3|bool|m|
has_database_privilege|name text text|3|bool|m|
has_database_privilege|oid oid text|3|bool|m|
has_database_privilege|oid text text|3|bool|m|
has_database_privilege|oid text|2|bool|m|
has_database_privilege|text text|2|bool|m|
has_foreign_data_wrapper_privilege|name oid text|3|bool|m|
has_foreign_data_wrapper_privilege|name text text|3|bool|m|
has_foreign_data_wrapper_privilege|oid oid text|3|bool|m|
has_foreign_data_wrapper_privilege|oid text text|3|bool|m|
has_foreign_data_wrapper_privilege|oid text|2|bool|m|
has_foreign_data_wrapper_privilege|text text|2|bool|m|
has_function_privilege|name oid text|3|bool|m|
has_function_privilege|name text text|3|bool|m|
has_function_privilege|oid oid text|3|bool|m|
has_function_privilege|oid text text|3|bool|m|
has_function_privilege|oid text|2|bool|m|
has_function_privilege|text text|2|bool|m|
has_language_privilege|name oid text|3|bool|m|
has_language_privilege|name text text|3|bool|m|
has_language_privilege|oid oid text|3|bool|m|
has_language_privilege|oid text text|3|bool|m|
has_language_privilege|oid text|2|bool|m|
has_language_privilege|text text|2|bool|m|
has_largeobject_privilege|name oid text|3|bool|m|
has_largeobject_privilege|oid oid text|3|bool|m|
has_largeobject_privilege|oid text|2|bool|m|
has_parameter_privilege|name text text|3|bool|m|
has_parameter_privilege|oid text text|3|bool|m|
has_parameter_privilege|text text|2|bool|m|
has_schema_privilege|name oid text|3|bool|m|
has_schema_privilege|name text text|3|bool|m|
has_schema_privilege|oid oid text|3|bool|m|
has_schema_privilege|oid text text|3|bool|m|
has_schema_privilege|oid text|2|bool|m|
has_schema_privilege|text text|2|bool|m|
has_sequence_privilege|name oid text|3|bool|m|
has_sequence_privilege|name text text|3|bool|m|
has_sequence_privilege|oid oid text|3|bool|m|
has_sequence_privilege|oid text text|3|bool|m|
has_sequence_privilege|oid text|2|bool|m|
has_sequence_privilege|text text|2|bool|m|
has_server_privilege|name oid text|3|bool|m|
has_server_privilege|name text text|3|bool|m|
has_server_privilege|oid oid text|3|bool|m|
has_server_privilege|oid text text|3|bool|m|
has_server_privilege|oid text|2|bool|m|
has_server_privilege|text text|2|bool|m|
has_table_privilege|name oid text|3|bool|m|
has_table_privilege|name text text|3|bool|m|
has_table_privilege|oid oid text|3|bool|m|
has_table_privilege|oid text text|3|bool|m|
has_table_privilege|oid text|2|bool|m|
has_table_privilege|text text|2|bool|m|
has_tablespace_privilege|name oid text|3|bool|m|
has_tablespace_privilege|name text text|3|bool|m|
has_tablespace_privilege|oid oid text|3|bool|m|
has_tablespace_privilege|oid text text|3|bool|m|
has_tablespace_privilege|oid text|2|bool|m|
has_tablespace_privilege|text text|2|bool|m|
has_type_privilege|name oid text|3|bool|m|
has_type_privilege|name text text|3|bool|m|
has_type_privilege|oid oid text|3|bool|m|
has_type_privilege|oid text text|3|bool|m|
has_type_privilege|oid text|2|bool|m|
has_type_privilege|text text|2|bool|m|
hash_aclitem_extended|aclitem int8|2|int8|c|
hash_aclitem|aclitem|1|int4|c|
hash_array_extended|anyarray int8|2|int8|c|
hash_array|anyarray|1|int4|c|
hash_multirange_extended|anymultirange int8|2|int8|c|
hash_multirange|anymultirange|1|int4|c|
hash_numeric_extended|numeric int8|2|int8|c|
hash_numeric|numeric|1|int4|c|
hash_range_extended|anyrange int8|2|int8|c|
hash_range|anyrange|1|int4|c|
hash_record_extended|record int8|2|int8|c|
hash_record|record|1|int4|c|
hashboolextended|bool int8|2|int8|c|
hashbool|bool|1|int4|c|
hashbpcharextended|bpchar int8|2|int8|c|
hashbpchar|bpchar|1|int4|c|
hashbyteaextended|bytea int8|2|int8|c|
hashbytea|bytea|1|int4|c|
hashcharextended|char int8|2|int8|c|
hashchar|char|1|int4|c|
hashcidextended|cid int8|2|int8|c|
hashcid|cid|1|int4|c|
hashdateextended|date int8|2|int8|c|
hashdate|date|1|int4|c|
hashenumextended|anyenum int8|2|int8|c|
hashenum|anyenum|1|int4|c|
hashfloat4extended|float4 int8|2|int8|c|
hashfloat4|float4|1|int4|c|
hashfloat8extended|float8 int8|2|int8|c|
hashfloat8|float8|1|int4|c|
hashhandler|internal|1|index_am_handler|ou|
hashinetextended|inet int8|2|int8|c|
hashinet|inet|1|int4|c|
hashint2extended|int2 int8|2|int8|c|
hashint2|int2|1|int4|c|
hashint4extended|int4 int8|2|int8|c|
hashint4|int4|1|int4|c|
hashint8extended|int8 int8|2|int8|c|
hashint8|int8|1|int4|c|
hashmacaddr8extended|macaddr8 int8|2|int8|c|
hashmacaddr8|macaddr8|1|int4|c|
hashmacaddrextended|macaddr int8|2|int8|c|
hashmacaddr|macaddr|1|int4|c|
hashnameextended|name int8|2|int8|c|
hashname|name|1|int4|c|
hashoidextended|oid int8|2|int8|c|
hashoidvectorextended|oidvector int8|2|int8|c|
hashoidvector|oidvector|1|int4|c|
hashoid|oid|1|int4|c|
hashtextextended|text int8|2|int8|ctp|
hashtext|text|1|int4|ctp|
hashtidextended|tid int8|2|int8|c|
hashtid|tid|1|int4|c|
hashvarlenaextended|internal int8|2|int8|ou|
hashvarlena|internal|1|int4|ou|
hashxid8extended|xid8 int8|2|int8|c|
hashxid8|xid8|1|int4|c|
hashxidextended|xid int8|2|int8|c|
hashxid|xid|1|int4|c|
heap_tableam_handler|internal|1|table_am_handler|ou|
height|box|1|float8|c|
hostmask|inet|1|inet|ctp|
host|inet|1|text|ctp|
iclikejoinsel|internal oid internal int2 internal|5|float8|ou|
iclikesel|internal oid internal int4|4|float8|ou|
icnlikejoinsel|internal oid internal int2 internal|5|float8|ou|
icnlikesel|internal oid internal int4|4|float8|ou|
icregexeqjoinsel|internal oid internal int2 internal|5|float8|ou|
icregexeqsel|internal oid internal int4|4|float8|ou|
icregexnejoinsel|internal oid internal int2 internal|5|float8|ou|
icregexnesel|internal oid internal int4|4|float8|ou|
icu_unicode_version||0|text|ctp|
in_range|date date interval bool bool|5|bool|c|
in_range|float4 float4 float8 bool bool|5|bool|c|
in_range|float8 float8 float8 bool bool|5|bool|c|
in_range|int2 int2 int2 bool bool|5|bool|c|
in_range|int2 int2 int4 bool bool|5|bool|c|
in_range|int2 int2 int8 bool bool|5|bool|c|
in_range|int4 int4 int2 bool bool|5|bool|c|
in_range|int4 int4 int4 bool bool|5|bool|c|
in_range|int4 int4 int8 bool bool|5|bool|c|
in_range|int8 int8 int8 bool bool|5|bool|c|
in_range|interval interval interval bool bool|5|bool|c|
in_range|numeric numeric numeric bool bool|5|bool|c|
in_range|time time interval bool bool|5|bool|c|
in_range|timestamp timestamp interval bool bool|5|bool|c|
in_range|timestamptz timestamptz interval bool bool|5|bool|c|
in_range|timetz timetz interval bool bool|5|bool|c|
index_am_handler_in|cstring|1|index_am_handler|ou|
index_am_handler_out|index_am_handler|1|cstring|ou|
inet_client_addr||0|inet|mtp|
inet_client_port||0|int4|mtp|
inet_gist_compress|internal|1|internal|ou|
inet_gist_consistent|internal inet int2 oid internal|5|bool|ou|
inet_gist_fetch|internal|1|internal|ou|
inet_gist_penalty|internal internal internal|3|internal|ou|
inet_gist_picksplit|internal internal|2|internal|ou|
inet_gist_same|inet inet internal|3|internal|ou|
inet_gist_union|internal internal|2|inet|ou|
inet_in|cstring|1|inet|c|
inet_merge|inet inet|2|cidr|c|
inet_out|inet|1|cstring|c|
inet_recv|internal|1|inet|ou|
inet_same_family|inet inet|2|bool|ctp|
inet_send|inet|1|bytea|c|
inet_server_addr||0|inet|mtp|
inet_server_port||0|int4|mtp|
inet_spg_choose|internal internal|2|void|ou|
inet_spg_config|internal internal|2|void|ou|
inet_spg_inner_consistent|internal internal|2|void|ou|
inet_spg_leaf_consistent|internal internal|2|bool|ou|
inet_spg_picksplit|internal internal|2|void|ou|
inetand|inet inet|2|inet|c|
inetmi_int8|inet int8|2|inet|c|
inetmi|inet inet|2|int8|c|
inetnot|inet|1|inet|c|
inetor|inet inet|2|inet|c|
inetpl|inet int8|2|inet|c|
initcap|text|1|text|ctp|
int24div|int2 int4|2|int4|c|
int24eq|int2 int4|2|bool|ctp|
int24ge|int2 int4|2|bool|ctp|
int24gt|int2 int4|2|bool|ctp|
int24le|int2 int4|2|bool|ctp|
int24lt|int2 int4|2|bool|ctp|
int24mi|int2 int4|2|int4|c|
int24mul|int2 int4|2|int4|c|
int24ne|int2 int4|2|bool|ctp|
int24pl|int2 int4|2|int4|c|
int28div|int2 int8|2|int8|c|
int28eq|int2 int8|2|bool|ctp|
int28ge|int2 int8|2|bool|ctp|
int28gt|int2 int8|2|bool|ctp|
int28le|int2 int8|2|bool|ctp|
int28lt|int2 int8|2|bool|ctp|
int28mi|int2 int8|2|int8|c|
int28mul|int2 int8|2|int8|c|
int28ne|int2 int8|2|bool|ctp|
int28pl|int2 int8|2|int8|c|
int2_accum_inv|internal int2|2|internal|ou|
int2_accum|internal int2|2|internal|ou|
int2_avg_accum_inv|_int8 int2|2|_int8|c|
int2_avg_accum|_int8 int2|2|_int8|c|
int2_mul_cash|int2 money|2|money|c|
int2_sum|int8 int2|2|int8|c|
int2abs|int2|1|int2|c|
int2and|int2 int2|2|int2|ctp|
int2div|int2 int2|2|int2|c|
int2eq|int2 int2|2|bool|ctp|
int2ge|int2 int2|2|bool|ctp|
int2gt|int2 int2|2|bool|ctp|
int2int4_sum|_int8|1|int8|c|
int2in|cstring|1|int2|c|
int2larger|int2 int2|2|int2|c|
int2le|int2 int2|2|bool|ctp|
int2lt|int2 int2|2|bool|ctp|
int2mi|int2 int2|2|int2|c|
int2mod|int2 int2|2|int2|c|
int2mul|int2 int2|2|int2|c|
int2ne|int2 int2|2|bool|ctp|
int2not|int2|1|int2|ctp|
int2or|int2 int2|2|int2|ctp|
int2out|int2|1|cstring|c|
int2pl|int2 int2|2|int2|c|
int2recv|internal|1|int2|ou|
int2send|int2|1|bytea|c|
int2shl|int2 int4|2|int2|ctp|
int2shr|int2 int4|2|int2|ctp|
int2smaller|int2 int2|2|int2|c|
int2um|int2|1|int2|c|
int2up|int2|1|int2|ctp|
int2vectorin|cstring|1|int2vector|c|
int2vectorout|int2vector|1|cstring|c|
int2vectorrecv|internal|1|int2vector|ou|
int2vectorsend|int2vector|1|bytea|c|
int2xor|int2 int2|2|int2|ctp|
int2|bytea|1|int2|c|
int2|float4|1|int2|c|
int2|float8|1|int2|c|
int2|int4|1|int2|c|
int2|int8|1|int2|c|
int2|jsonb|1|int2|c|
int2|numeric|1|int2|c|
int42div|int4 int2|2|int4|c|
int42eq|int4 int2|2|bool|ctp|
int42ge|int4 int2|2|bool|ctp|
int42gt|int4 int2|2|bool|ctp|
int42le|int4 int2|2|bool|ctp|
int42lt|int4 int2|2|bool|ctp|
int42mi|int4 int2|2|int4|c|
int42mul|int4 int2|2|int4|c|
int42ne|int4 int2|2|bool|ctp|
int42pl|int4 int2|2|int4|c|
int48div|int4 int8|2|int8|c|
int48eq|int4 int8|2|bool|ctp|
int48ge|int4 int8|2|bool|ctp|
int48gt|int4 int8|2|bool|ctp|
int48le|int4 int8|2|bool|ctp|
int48lt|int4 int8|2|bool|ctp|
int48mi|int4 int8|2|int8|c|
int48mul|int4 int8|2|int8|c|
int48ne|int4 int8|2|bool|ctp|
int48pl|int4 int8|2|int8|c|
int4_accum_inv|internal int4|2|internal|ou|
int4_accum|internal int4|2|internal|ou|
int4_avg_accum_inv|_int8 int4|2|_int8|c|
int4_avg_accum|_int8 int4|2|_int8|c|
int4_avg_combine|_int8 _int8|2|_int8|c|
int4_mul_cash|int4 money|2|money|c|
int4_sum|int8 int4|2|int8|c|
int4abs|int4|1|int4|c|
int4and|int4 int4|2|int4|ctp|
int4div|int4 int4|2|int4|c|
int4eq|int4 int4|2|bool|ctp|
int4ge|int4 int4|2|bool|ctp|
int4gt|int4 int4|2|bool|ctp|
int4inc|int4|1|int4|c|
int4in|cstring|1|int4|c|
int4larger|int4 int4|2|int4|c|
int4le|int4 int4|2|bool|ctp|
int4lt|int4 int4|2|bool|ctp|
int4mi|int4 int4|2|int4|c|
int4mod|int4 int4|2|int4|c|
int4multirange|_int4range|1|int4multirange|cv|
int4multirange|int4range|1|int4multirange|c|
int4multirange||0|int4multirange|ctp|
int4mul|int4 int4|2|int4|c|
int4ne|int4 int4|2|bool|ctp|
int4not|int4|1|int4|ctp|
int4or|int4 int4|2|int4|ctp|
int4out|int4|1|cstring|c|
int4pl|int4 int4|2|int4|c|
int4range_canonical|int4range|1|int4range|c|
int4range_subdiff|int4 int4|2|float8|c|
int4range|int4 int4 text|3|int4range|c|
int4range|int4 int4|2|int4range|c|
int4recv|internal|1|int4|ou|
int4send|int4|1|bytea|c|
int4shl|int4 int4|2|int4|ctp|
int4shr|int4 int4|2|int4|ctp|
int4smaller|int4 int4|2|int4|c|
int4um|int4|1|int4|c|
int4up|int4|1|int4|ctp|
int4xor|int4 int4|2|int4|ctp|
int4|bit|1|int4|c|
int4|bool|1|int4|ctp|
int4|bytea|1|int4|c|
int4|char|1|int4|ctp|
int4|float4|1|int4|c|
int4|float8|1|int4|c|
int4|int2|1|int4|ctp|
int4|int8|1|int4|c|
int4|jsonb|1|int4|c|
int4|numeric|1|int4|c|
int82div|int8 int2|2|int8|c|
int82eq|int8 int2|2|bool|ctp|
int82ge|int8 int2|2|bool|ctp|
int82gt|int8 int2|2|bool|ctp|
int82le|int8 int2|2|bool|ctp|
int82lt|int8 int2|2|bool|ctp|
int82mi|int8 int2|2|int8|c|
int82mul|int8 int2|2|int8|c|
int82ne|int8 int2|2|bool|ctp|
int82pl|int8 int2|2|int8|c|
int84div|int8 int4|2|int8|c|
int84eq|int8 int4|2|bool|ctp|
int84ge|int8 int4|2|bool|ctp|
int84gt|int8 int4|2|bool|ctp|
int84le|int8 int4|2|bool|ctp|
int84lt|int8 int4|2|bool|ctp|
int84mi|int8 int4|2|int8|c|
int84mul|int8 int4|2|int8|c|
int84ne|int8 int4|2|bool|ctp|
int84pl|int8 int4|2|int8|c|
int8_accum_inv|internal int8|2|internal|ou|
int8_accum|internal int8|2|internal|ou|
int8_avg_accum_inv|internal int8|2|internal|ou|
int8_avg_accum|internal int8|2|internal|ou|
int8_avg_combine|internal internal|2|internal|ou|
int8_avg_deserialize|bytea internal|2|internal|ou|
int8_avg_serialize|internal|1|bytea|ou|
int8_avg|_int8|1|numeric|c|
int8_mul_cash|int8 money|2|money|c|
int8_sum|numeric int8|2|numeric|c|
int8abs|int8|1|int8|c|
int8and|int8 int8|2|int8|ctp|
int8dec_any|int8 any|2|int8|c|
int8dec|int8|1|int8|c|
int8div|int8 int8|2|int8|c|
int8eq|int8 int8|2|bool|ctp|
int8ge|int8 int8|2|bool|ctp|
int8gt|int8 int8|2|bool|ctp|
int8inc_any|int8 any|2|int8|c|
int8inc_float8_float8|int8 float8 float8|3|int8|c|
int8inc_support|internal|1|internal|ou|
int8inc|int8|1|int8|c|
int8in|cstring|1|int8|c|
int8larger|int8 int8|2|int8|c|
int8le|int8 int8|2|bool|ctp|
int8lt|int8 int8|2|bool|ctp|
int8mi|int8 int8|2|int8|c|
int8mod|int8 int8|2|int8|c|
int8multirange|_int8range|1|int8multirange|cv|
int8multirange|int8range|1|int8multirange|c|
int8multirange||0|int8multirange|ctp|
int8mul|int8 int8|2|int8|c|
int8ne|int8 int8|2|bool|ctp|
int8not|int8|1|int8|ctp|
int8or|int8 int8|2|int8|ctp|
int8out|int8|1|cstring|c|
int8pl_inet|int8 inet|2|inet|c|
int8pl|int8 int8|2|int8|c|
int8range_canonical|int8range|1|int8range|c|
int8range_subdiff|int8 int8|2|float8|c|
int8range|int8 int8 text|3|int8range|c|
int8range|int8 int8|2|int8range|c|
int8recv|internal|1|int8|ou|
int8send|int8|1|bytea|c|
int8shl|int8 int4|2|int8|ctp|
int8shr|int8 int4|2|int8|ctp|
int8smaller|int8 int8|2|int8|c|
int8um|int8|1|int8|c|
int8up|int8|1|int8|ctp|
int8xor|int8 int8|2|int8|ctp|
int8|bit|1|int8|c|
int8|bytea|1|int8|c|
int8|float4|1|int8|c|
int8|float8|1|int8|c|
int8|int2|1|int8|ctp|
int8|int4|1|int8|ctp|
int8|jsonb|1|int8|c|
int8|numeric|1|int8|c|
int8|oid|1|int8|c|
integer_pl_date|int4 date|2|date|c|
inter_lb|line box|2|bool|c|
inter_sb|lseg box|2|bool|c|
inter_sl|lseg line|2|bool|c|
internal_in|cstring|1|internal|ou|
internal_out|internal|1|cstring|ou|
interval_accum_inv|_interval interval|2|_interval|c|
interval_accum|_interval interval|2|_interval|c|
interval_avg_accum_inv|internal interval|2|internal|ou|
interval_avg_accum|internal interval|2|internal|ou|
interval_avg_combine|internal internal|2|internal|ou|
interval_avg_deserialize|bytea internal|2|internal|ou|
interval_avg_serialize|internal|1|bytea|ou|
interval_avg|_interval|1|interval|c|
interval_avg|internal|1|interval|ou|
interval_cmp|interval interval|2|int4|c|
interval_combine|_interval _interval|2|_interval|c|
interval_div|interval float8|2|interval|c|
interval_eq|interval interval|2|bool|ctp|
interval_ge|interval interval|2|bool|ctp|
interval_gt|interval interval|2|bool|ctp|
interval_hash_extended|interval int8|2|int8|c|
interval_hash|interval|1|int4|c|
interval_in|cstring oid int4|3|interval|c|
interval_larger|interval interval|2|interval|c|
interval_le|interval interval|2|bool|ctp|
interval_lt|interval interval|2|bool|ctp|
interval_mi|interval interval|2|interval|c|
interval_mul|interval float8|2|interval|c|
interval_ne|interval interval|2|bool|ctp|
interval_out|interval|1|cstring|c|
interval_pl_date|interval date|2|timestamp|c|
interval_pl_timestamptz|interval timestamptz|2|timestamptz|c|
interval_pl_timestamp|interval timestamp|2|timestamp|c|
interval_pl_timetz|interval timetz|2|timetz|c|
interval_pl_time|interval time|2|time|c|
interval_pl|interval interval|2|interval|c|
interval_recv|internal oid int4|3|interval|ou|
interval_send|interval|1|bytea|c|
interval_smaller|interval interval|2|interval|c|
interval_sum|internal|1|interval|ou|
interval_support|internal|1|internal|ou|
interval_um|interval|1|interval|c|
intervaltypmodin|_cstring|1|int4|ou|
intervaltypmodout|int4|1|cstring|ou|
interval|interval int4|2|interval|c|
interval|time|1|interval|c|
is_normalized|text text|1|bool|c|
isclosed|path|1|bool|c|
isempty|anymultirange|1|bool|ctp|
isempty|anyrange|1|bool|ctp|
isfinite|date|1|bool|ctp|
isfinite|interval|1|bool|ctp|
isfinite|timestamptz|1|bool|ctp|
isfinite|timestamp|1|bool|ctp|
ishorizontal|line|1|bool|c|
ishorizontal|lseg|1|bool|c|
ishorizontal|point point|2|bool|c|
iso8859_1_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
iso8859_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
iso_to_koi8r|int4 int4 cstring internal int4 bool|6|int4|ou|
iso_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
iso_to_win1251|int4 int4 cstring internal int4 bool|6|int4|ou|
iso_to_win866|int4 int4 cstring internal int4 bool|6|int4|ou|
isopen|path|1|bool|c|
isparallel|line line|2|bool|c|
isparallel|lseg lseg|2|bool|c|
isperp|line line|2|bool|c|
isperp|lseg lseg|2|bool|c|
isvertical|line|1|bool|c|
isvertical|lseg|1|bool|c|
isvertical|point point|2|bool|c|
johab_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
json_agg_finalfn|internal|1|json|ou|
json_agg_strict_transfn|internal anyelement|2|internal|ou|
json_agg_strict|anyelement|1|json|ctpa|
json_agg_transfn|internal anyelement|2|internal|ou|
json_agg|anyelement|1|json|ctpa|
json_array_element_text|json int4|2|text|cp|
json_array_elements_text|json|1|text|cr|value
json_array_elements|json|1|json|cr|value
json_array_element|json int4|2|json|cp|
json_array_length|json|1|int4|c|
json_build_array|any|1|json|ctpv|
json_build_array||0|json|ctp|
json_build_object|any|1|json|cpv|
json_build_object||0|json|ctp|
json_each_text|json|1|record|cr|key value
json_each|json|1|record|cr|key value
json_extract_path_text|json _text|2|text|cpv|
json_extract_path|json _text|2|json|cpv|
json_in|cstring|1|json|c|
json_object_agg_finalfn|internal|1|json|ou|
json_object_agg_strict_transfn|internal any any|3|internal|ou|
json_object_agg_strict|any any|2|json|cpa|
json_object_agg_transfn|internal any any|3|internal|ou|
json_object_agg_unique_strict_transfn|internal any any|3|internal|ou|
json_object_agg_unique_strict|any any|2|json|ca|
json_object_agg_unique_transfn|internal any any|3|internal|ou|
json_object_agg_unique|any any|2|json|ca|
json_object_agg|any any|2|json|cpa|
json_object_field_text|json text|2|text|cp|
json_object_field|json text|2|json|cp|
json_object_keys|json|1|text|cr|
json_object|_text _text|2|json|c|
json_object|_text|1|json|c|
json_out|json|1|cstring|c|
json_populate_recordset|anyelement json bool|2|anyelement|cr|
json_populate_record|anyelement json bool|2|anyelement|c|
json_recv|internal|1|json|ou|
json_send|json|1|bytea|c|
json_strip_nulls|json bool|1|json|c|
json_strip_nulls|json|1|json|c|
json_to_recordset|json|1|record|cr|
json_to_record|json|1|record|c|
json_to_tsvector|json jsonb|2|tsvector|c|
json_to_tsvector|regconfig json jsonb|3|tsvector|c|
json_typeof|json|1|text|ctp|
jsonb_agg_finalfn|internal|1|jsonb|ou|
jsonb_agg_strict_transfn|internal anyelement|2|internal|ou|
jsonb_agg_strict|anyelement|1|jsonb|cpa|
jsonb_agg_transfn|internal anyelement|2|internal|ou|
jsonb_agg|anyelement|1|jsonb|cpa|
jsonb_array_element_text|jsonb int4|2|text|ctp|
jsonb_array_elements_text|jsonb|1|text|cr|value
jsonb_array_elements|jsonb|1|jsonb|cr|value
jsonb_array_element|jsonb int4|2|jsonb|ctp|
jsonb_array_length|jsonb|1|int4|c|
jsonb_build_array|any|1|jsonb|cpv|
jsonb_build_array||0|jsonb|ctp|
jsonb_build_object|any|1|jsonb|cpv|
jsonb_build_object||0|jsonb|ctp|
jsonb_cmp|jsonb jsonb|2|int4|c|
jsonb_concat|jsonb jsonb|2|jsonb|c|
jsonb_contained|jsonb jsonb|2|bool|ctp|
jsonb_contains|jsonb jsonb|2|bool|ctp|
jsonb_delete_path|jsonb _text|2|jsonb|c|
jsonb_delete|jsonb _text|2|jsonb|cv|
jsonb_delete|jsonb int4|2|jsonb|c|
jsonb_delete|jsonb text|2|jsonb|c|
jsonb_each_text|jsonb|1|record|cr|key value
jsonb_each|jsonb|1|record|cr|key value
jsonb_eq|jsonb jsonb|2|bool|ctp|
jsonb_exists_all|jsonb _text|2|bool|ctp|
jsonb_exists_any|jsonb _text|2|bool|ctp|
jsonb_exists|jsonb text|2|bool|ctp|
jsonb_extract_path_text|jsonb _text|2|text|ctpv|
jsonb_extract_path|jsonb _text|2|jsonb|ctpv|
jsonb_ge|jsonb jsonb|2|bool|ctp|
jsonb_gt|jsonb jsonb|2|bool|ctp|
jsonb_hash_extended|jsonb int8|2|int8|c|
jsonb_hash|jsonb|1|int4|c|
jsonb_insert|jsonb _text jsonb bool|3|jsonb|c|
jsonb_in|cstring|1|jsonb|c|
jsonb_le|jsonb jsonb|2|bool|ctp|
jsonb_lt|jsonb jsonb|2|bool|ctp|
jsonb_ne|jsonb jsonb|2|bool|ctp|
jsonb_object_agg_finalfn|internal|1|jsonb|ou|
jsonb_object_agg_strict_transfn|internal any any|3|internal|ou|
jsonb_object_agg_strict|any any|2|jsonb|cpa|
jsonb_object_agg_transfn|internal any any|3|internal|ou|
jsonb_object_agg_unique_strict_transfn|internal any any|3|internal|ou|
jsonb_object_agg_unique_strict|any any|2|jsonb|ca|
jsonb_object_agg_unique_transfn|internal any any|3|internal|ou|
jsonb_object_agg_unique|any any|2|jsonb|ca|
jsonb_object_agg|any any|2|jsonb|cpa|
jsonb_object_field_text|jsonb text|2|text|ctp|
jsonb_object_field|jsonb text|2|jsonb|ctp|
jsonb_object_keys|jsonb|1|text|cr|
jsonb_object|_text _text|2|jsonb|c|
jsonb_object|_text|1|jsonb|c|
jsonb_out|jsonb|1|cstring|c|
jsonb_path_exists_opr|jsonb jsonpath|2|bool|c|
jsonb_path_exists_tz|jsonb jsonpath jsonb bool|2|bool|c|
jsonb_path_exists|jsonb jsonpath jsonb bool|2|bool|c|
jsonb_path_match_opr|jsonb jsonpath|2|bool|c|
jsonb_path_match_tz|jsonb jsonpath jsonb bool|2|bool|c|
jsonb_path_match|jsonb jsonpath jsonb bool|2|bool|c|
jsonb_path_query_array_tz|jsonb jsonpath jsonb bool|2|jsonb|c|
jsonb_path_query_array|jsonb jsonpath jsonb bool|2|jsonb|c|
jsonb_path_query_first_tz|jsonb jsonpath jsonb bool|2|jsonb|c|
jsonb_path_query_first|jsonb jsonpath jsonb bool|2|jsonb|c|
jsonb_path_query_tz|jsonb jsonpath jsonb bool|2|jsonb|cr|
jsonb_path_query|jsonb jsonpath jsonb bool|2|jsonb|cr|
jsonb_populate_record_valid|anyelement jsonb|2|bool|c|
jsonb_populate_recordset|anyelement jsonb|2|anyelement|cr|
jsonb_populate_record|anyelement jsonb|2|anyelement|c|
jsonb_pretty|jsonb|1|text|ctp|
jsonb_recv|internal|1|jsonb|ou|
jsonb_send|jsonb|1|bytea|c|
jsonb_set_lax|jsonb _text jsonb bool text|3|jsonb|c|
jsonb_set|jsonb _text jsonb bool|3|jsonb|c|
jsonb_strip_nulls|jsonb bool|1|jsonb|ctp|
jsonb_strip_nulls|jsonb|1|jsonb|ctp|
jsonb_subscript_handler|internal|1|internal|ou|
jsonb_to_recordset|jsonb|1|record|cr|
jsonb_to_record|jsonb|1|record|c|
jsonb_to_tsvector|jsonb jsonb|2|tsvector|c|
jsonb_to_tsvector|regconfig jsonb jsonb|3|tsvector|c|
jsonb_typeof|jsonb|1|text|ctp|
jsonpath_in|cstring|1|jsonpath|c|
jsonpath_out|jsonpath|1|cstring|c|
jsonpath_recv|internal|1|jsonpath|ou|
jsonpath_send|jsonpath|1|bytea|c|
justify_days|interval|1|interval|c|
justify_hours|interval|1|interval|c|
justify_interval|interval|1|interval|c|
koi8r_to_iso|int4 int4 cstring internal int4 bool|6|int4|ou|
koi8r_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
koi8r_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
koi8r_to_win1251|int4 int4 cstring internal int4 bool|6|int4|ou|
koi8r_to_win866|int4 int4 cstring internal int4 bool|6|int4|ou|
koi8u_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
lag|anycompatible int4 anycompatible|3|anycompatible|ctpw|
lag|anyelement int4|2|anyelement|ctpw|
lag|anyelement|1|anyelement|ctpw|
language_handler_in|cstring|1|language_handler|ou|
language_handler_out|language_handler|1|cstring|ou|
last_value|anyelement|1|anyelement|ctpw|
lastval||0|int8|q|
latin1_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
latin2_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
latin2_to_win1250|int4 int4 cstring internal int4 bool|6|int4|ou|
latin3_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
latin4_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
lcm|int4 int4|2|int4|c|
lcm|int8 int8|2|int8|c|
lcm|numeric numeric|2|numeric|c|
lead|anycompatible int4 anycompatible|3|anycompatible|ctpw|
lead|anyelement int4|2|anyelement|ctpw|
lead|anyelement|1|anyelement|ctpw|
left|text int4|2|text|ctp|
length|bit|1|int4|ctp|
length|bpchar|1|int4|ctp|
length|bytea name|2|int4|c|
length|bytea|1|int4|ctp|
length|lseg|1|float8|c|
length|path|1|float8|c|
length|text|1|int4|ctp|
length|tsvector|1|int4|ctp|
lgamma|float8|1|float8|c|
like_escape|bytea bytea|2|bytea|c|
like_escape|text text|2|text|c|
likejoinsel|internal oid internal int2 internal|5|float8|ou|
likesel|internal oid internal int4|4|float8|ou|
like|bytea bytea|2|bool|c|
like|name text|2|bool|c|
like|text text|2|bool|c|
line_distance|line line|2|float8|c|
line_eq|line line|2|bool|cp|
line_horizontal|line|1|bool|c|
line_interpt|line line|2|point|c|
line_intersect|line line|2|bool|c|
line_in|cstring|1|line|c|
line_out|line|1|cstring|c|
line_parallel|line line|2|bool|c|
line_perp|line line|2|bool|c|
line_recv|internal|1|line|ou|
line_send|line|1|bytea|c|
line_vertical|line|1|bool|c|
line|point point|2|line|c|
ln|float8|1|float8|c|
ln|numeric|1|numeric|c|
lo_close|int4|1|int4|ou|
lo_create|oid|1|oid|ou|
lo_creat|int4|1|oid|ou|
lo_export|oid text|2|int4|ou|
lo_from_bytea|oid bytea|2|oid|ou|
lo_get|oid int8 int4|3|bytea|ou|
lo_get|oid|1|bytea|ou|
lo_import|text oid|2|oid|ou|
lo_import|text|1|oid|ou|
lo_lseek64|int4 int8 int4|3|int8|ou|
lo_lseek|int4 int4 int4|3|int4|ou|
lo_open|oid int4|2|int4|ou|
lo_put|oid int8 bytea|3|void|ou|
lo_tell64|int4|1|int8|ou|
lo_tell|int4|1|int4|ou|
lo_truncate64|int4 int8|2|int4|ou|
lo_truncate|int4 int4|2|int4|ou|
lo_unlink|oid|1|int4|ou|
log10|float8|1|float8|c|
log10|numeric|1|numeric|c|
log|float8|1|float8|c|
log|numeric numeric|2|numeric|c|
log|numeric|1|numeric|c|
loread|int4 int4|2|bytea|ou|
lower_inc|anymultirange|1|bool|ctp|
lower_inc|anyrange|1|bool|ctp|
lower_inf|anymultirange|1|bool|ctp|
lower_inf|anyrange|1|bool|ctp|
lower|anymultirange|1|anyelement|ctp|
lower|anyrange|1|anyelement|ctp|
lower|text|1|text|ctp|
lowrite|int4 bytea|2|int4|ou|
lpad|text int4 text|3|text|cu|
lpad|text int4|2|text|cu|
lseg_center|lseg|1|point|c|
lseg_distance|lseg lseg|2|float8|c|
lseg_eq|lseg lseg|2|bool|ctp|
lseg_ge|lseg lseg|2|bool|cp|
lseg_gt|lseg lseg|2|bool|cp|
lseg_horizontal|lseg|1|bool|c|
lseg_interpt|lseg lseg|2|point|c|
lseg_intersect|lseg lseg|2|bool|c|
lseg_in|cstring|1|lseg|c|
lseg_length|lseg|1|float8|c|
lseg_le|lseg lseg|2|bool|cp|
lseg_lt|lseg lseg|2|bool|cp|
lseg_ne|lseg lseg|2|bool|ctp|
lseg_out|lseg|1|cstring|c|
lseg_parallel|lseg lseg|2|bool|c|
lseg_perp|lseg lseg|2|bool|c|
lseg_recv|internal|1|lseg|ou|
lseg_send|lseg|1|bytea|c|
lseg_vertical|lseg|1|bool|c|
lseg|box|1|lseg|c|
lseg|point point|2|lseg|c|
ltrim|bytea bytea|2|bytea|ctp|
ltrim|text text|2|text|ctp|
ltrim|text|1|text|ctp|
macaddr8_and|macaddr8 macaddr8|2|macaddr8|c|
macaddr8_cmp|macaddr8 macaddr8|2|int4|c|
macaddr8_eq|macaddr8 macaddr8|2|bool|ctp|
macaddr8_ge|macaddr8 macaddr8|2|bool|ctp|
macaddr8_gt|macaddr8 macaddr8|2|bool|ctp|
macaddr8_in|cstring|1|macaddr8|c|
macaddr8_le|macaddr8 macaddr8|2|bool|ctp|
macaddr8_lt|macaddr8 macaddr8|2|bool|ctp|
macaddr8_ne|macaddr8 macaddr8|2|bool|ctp|
macaddr8_not|macaddr8|1|macaddr8|c|
macaddr8_or|macaddr8 macaddr8|2|macaddr8|c|
macaddr8_out|macaddr8|1|cstring|c|
macaddr8_recv|internal|1|macaddr8|ou|
macaddr8_send|macaddr8|1|bytea|c|
macaddr8_set7bit|macaddr8|1|macaddr8|c|
macaddr8|macaddr|1|macaddr8|c|
macaddr_and|macaddr macaddr|2|macaddr|c|
macaddr_cmp|macaddr macaddr|2|int4|c|
macaddr_eq|macaddr macaddr|2|bool|ctp|
macaddr_ge|macaddr macaddr|2|bool|ctp|
macaddr_gt|macaddr macaddr|2|bool|ctp|
macaddr_in|cstring|1|macaddr|c|
macaddr_le|macaddr macaddr|2|bool|ctp|
macaddr_lt|macaddr macaddr|2|bool|ctp|
macaddr_ne|macaddr macaddr|2|bool|ctp|
macaddr_not|macaddr|1|macaddr|c|
macaddr_or|macaddr macaddr|2|macaddr|c|
macaddr_out|macaddr|1|cstring|c|
macaddr_recv|internal|1|macaddr|ou|
macaddr_send|macaddr|1|bytea|c|
macaddr_sortsupport|internal|1|void|ou|
macaddr|macaddr8|1|macaddr|c|
make_date|int4 int4 int4|3|date|c|
make_interval|int4 int4 int4 int4 int4 int4 float8|0|interval|c|
make_timestamptz|int4 int4 int4 int4 int4 float8 text|7|timestamptz|c|
make_timestamptz|int4 int4 int4 int4 int4 float8|6|timestamptz|c|
make_timestamp|int4 int4 int4 int4 int4 float8|6|timestamp|c|
make_time|int4 int4 float8|3|time|c|
makeaclitem|oid oid text bool|4|aclitem|m|
masklen|inet|1|int4|ctp|
matchingjoinsel|internal oid internal int2 internal|5|float8|ou|
matchingsel|internal oid internal int4|4|float8|ou|
max|anyarray|1|anyarray|ctpa|
max|anyenum|1|anyenum|ctpa|
max|bpchar|1|bpchar|ctpa|
max|bytea|1|bytea|ctpa|
max|date|1|date|ctpa|
max|float4|1|float4|ctpa|
max|float8|1|float8|ctpa|
max|inet|1|inet|ctpa|
max|int2|1|int2|ctpa|
max|int4|1|int4|ctpa|
max|int8|1|int8|ctpa|
max|interval|1|interval|ctpa|
max|money|1|money|ctpa|
max|numeric|1|numeric|ctpa|
max|oid|1|oid|ctpa|
max|pg_lsn|1|pg_lsn|ctpa|
max|record|1|record|ctpa|
max|text|1|text|ctpa|
max|tid|1|tid|ctpa|
max|timestamptz|1|timestamptz|ctpa|
max|timestamp|1|timestamp|ctpa|
max|timetz|1|timetz|ctpa|
max|time|1|time|ctpa|
max|xid8|1|xid8|ctpa|
md5|bytea|1|text|ctp|
md5|text|1|text|ctp|
mic_to_big5|int4 int4 cstring internal int4 bool|6|int4|ou|
mic_to_euc_cn|int4 int4 cstring internal int4 bool|6|int4|ou|
mic_to_euc_jp|int4 int4 cstring internal int4 bool|6|int4|ou|
mic_to_euc_kr|int4 int4 cstring internal int4 bool|6|int4|ou|
mic_to_euc_tw|int4 int4 cstring internal int4 bool|6|int4|ou|
mic_to_iso|int4 int4 cstring internal int4 bool|6|int4|ou|
mic_to_koi8r|int4 int4 cstring internal int4 bool|6|int4|ou|
mic_to_latin1|int4 int4 cstring internal int4 bool|6|int4|ou|
mic_to_latin2|int4 int4 cstring internal int4 bool|6|int4|ou|
mic_to_latin3|int4 int4 cstring internal int4 bool|6|int4|ou|
mic_to_latin4|int4 int4 cstring internal int4 bool|6|int4|ou|
mic_to_sjis|int4 int4 cstring internal int4 bool|6|int4|ou|
mic_to_win1250|int4 int4 cstring internal int4 bool|6|int4|ou|
mic_to_win1251|int4 int4 cstring internal int4 bool|6|int4|ou|
mic_to_win866|int4 int4 cstring internal int4 bool|6|int4|ou|
min_scale|numeric|1|int4|ctp|
min|anyarray|1|anyarray|ctpa|
min|anyenum|1|anyenum|ctpa|
min|bpchar|1|bpchar|ctpa|
min|bytea|1|bytea|ctpa|
min|date|1|date|ctpa|
min|float4|1|float4|ctpa|
min|float8|1|float8|ctpa|
min|inet|1|inet|ctpa|
min|int2|1|int2|ctpa|
min|int4|1|int4|ctpa|
min|int8|1|int8|ctpa|
min|interval|1|interval|ctpa|
min|money|1|money|ctpa|
min|numeric|1|numeric|ctpa|
min|oid|1|oid|ctpa|
min|pg_lsn|1|pg_lsn|ctpa|
min|record|1|record|ctpa|
min|text|1|text|ctpa|
min|tid|1|tid|ctpa|
min|timestamptz|1|timestamptz|ctpa|
min|timestamp|1|timestamp|ctpa|
min|timetz|1|timetz|ctpa|
min|time|1|time|ctpa|
min|xid8|1|xid8|ctpa|
mode_final|internal anyelement|2|anyelement|ou|
mode|anyelement|1|anyelement|ctpa|
mod|int2 int2|2|int2|c|
mod|int4 int4|2|int4|c|
mod|int8 int8|2|int8|c|
mod|numeric numeric|2|numeric|c|
money|int4|1|money|c|
money|int8|1|money|c|
money|numeric|1|money|c|
mul_d_interval|float8 interval|2|interval|c|
multirange_adjacent_multirange|anymultirange anymultirange|2|bool|c|
multirange_adjacent_range|anymultirange anyrange|2|bool|c|
multirange_after_multirange|anymultirange anymultirange|2|bool|c|
multirange_after_range|anymultirange anyrange|2|bool|c|
multirange_agg_finalfn|internal anymultirange|2|anymultirange|ou|
multirange_agg_transfn|internal anymultirange|2|internal|ou|
multirange_before_multirange|anymultirange anymultirange|2|bool|c|
multirange_before_range|anymultirange anyrange|2|bool|c|
multirange_cmp|anymultirange anymultirange|2|int4|c|
multirange_contained_by_multirange|anymultirange anymultirange|2|bool|c|
multirange_contained_by_range|anymultirange anyrange|2|bool|c|
multirange_contains_elem|anymultirange anyelement|2|bool|c|
multirange_contains_multirange|anymultirange anymultirange|2|bool|c|
multirange_contains_range|anymultirange anyrange|2|bool|c|
multirange_eq|anymultirange anymultirange|2|bool|ctp|
multirange_ge|anymultirange anymultirange|2|bool|ctp|
multirange_gist_compress|internal|1|internal|ou|
multirange_gist_consistent|internal anymultirange int2 oid internal|5|bool|ou|
multirange_gt|anymultirange anymultirange|2|bool|ctp|
multirange_intersect_agg_transfn|anymultirange anymultirange|2|anymultirange|c|
multirange_intersect|anymultirange anymultirange|2|anymultirange|c|
multirange_in|cstring oid int4|3|anymultirange|c|
multirange_le|anymultirange anymultirange|2|bool|ctp|
multirange_lt|anymultirange anymultirange|2|bool|ctp|
multirange_minus|anymultirange anymultirange|2|anymultirange|c|
multirange_ne|anymultirange anymultirange|2|bool|ctp|
multirange_out|anymultirange|1|cstring|c|
multirange_overlaps_multirange|anymultirange anymultirange|2|bool|c|
multirange_overlaps_range|anymultirange anyrange|2|bool|c|
multirange_overleft_multirange|anymultirange anymultirange|2|bool|c|
multirange_overleft_range|anymultirange anyrange|2|bool|c|
multirange_overright_multirange|anymultirange anymultirange|2|bool|c|
multirange_overright_range|anymultirange anyrange|2|bool|c|
multirange_recv|internal oid int4|3|anymultirange|ou|
multirange_send|anymultirange|1|bytea|c|
multirange_typanalyze|internal|1|bool|ou|
multirange_union|anymultirange anymultirange|2|anymultirange|c|
multirangesel|internal oid internal int4|4|float8|ou|
multirange|anyrange|1|anymultirange|c|
mxid_age|xid|1|int4|m|
nameconcatoid|name oid|2|name|c|
nameeqtext|name text|2|bool|ctp|
nameeq|name name|2|bool|ctp|
namegetext|name text|2|bool|ctp|
namege|name name|2|bool|ctp|
namegttext|name text|2|bool|ctp|
namegt|name name|2|bool|ctp|
nameiclike|name text|2|bool|c|
nameicnlike|name text|2|bool|c|
nameicregexeq|name text|2|bool|c|
nameicregexne|name text|2|bool|c|
namein|cstring|1|name|c|
nameletext|name text|2|bool|ctp|
namele|name name|2|bool|ctp|
namelike|name text|2|bool|c|
namelttext|name text|2|bool|ctp|
namelt|name name|2|bool|ctp|
namenetext|name text|2|bool|ctp|
namene|name name|2|bool|ctp|
namenlike|name text|2|bool|c|
nameout|name|1|cstring|c|
namerecv|internal|1|name|ou|
nameregexeq|name text|2|bool|c|
nameregexne|name text|2|bool|c|
namesend|name|1|bytea|c|
name|bpchar|1|name|ctp|
name|text|1|name|ctp|
name|varchar|1|name|ctp|
neqjoinsel|internal oid internal int2 internal|5|float8|ou|
neqsel|internal oid internal int4|4|float8|ou|
netmask|inet|1|inet|ctp|
network_cmp|inet inet|2|int4|c|
network_eq|inet inet|2|bool|ctp|
network_ge|inet inet|2|bool|ctp|
network_gt|inet inet|2|bool|ctp|
network_larger|inet inet|2|inet|c|
network_le|inet inet|2|bool|ctp|
network_lt|inet inet|2|bool|ctp|
network_ne|inet inet|2|bool|ctp|
network_overlap|inet inet|2|bool|ctp|
network_smaller|inet inet|2|inet|c|
network_sortsupport|internal|1|void|ou|
network_subeq|inet inet|2|bool|ctp|
network_subset_support|internal|1|internal|ou|
network_sub|inet inet|2|bool|ctp|
network_supeq|inet inet|2|bool|ctp|
network_sup|inet inet|2|bool|ctp|
networkjoinsel|internal oid internal int2 internal|5|float8|ou|
networksel|internal oid internal int4|4|float8|ou|
network|inet|1|cidr|ctp|
nextval|regclass|1|int8|q|
nlikejoinsel|internal oid internal int2 internal|5|float8|ou|
nlikesel|internal oid internal int4|4|float8|ou|
normalize|text text|1|text|c|
notlike|bytea bytea|2|bool|c|
notlike|name text|2|bool|c|
notlike|text text|2|bool|c|
now||0|timestamptz|mtp|
npoints|path|1|int4|c|
npoints|polygon|1|int4|c|
nth_value|anyelement int4|2|anyelement|cpw|
ntile|int4|1|int4|cpw|
num_nonnulls|any|1|int4|ctpv|
num_nulls|any|1|int4|ctpv|
numeric_abs|numeric|1|numeric|ctp|
numeric_accum_inv|internal numeric|2|internal|ou|
numeric_accum|internal numeric|2|internal|ou|
numeric_add|numeric numeric|2|numeric|c|
numeric_avg_accum|internal numeric|2|internal|ou|
numeric_avg_combine|internal internal|2|internal|ou|
numeric_avg_deserialize|bytea internal|2|internal|ou|
numeric_avg_serialize|internal|1|bytea|ou|
numeric_avg|internal|1|numeric|ou|
numeric_cmp|numeric numeric|2|int4|c|
numeric_combine|internal internal|2|internal|ou|
numeric_deserialize|bytea internal|2|internal|ou|
numeric_div_trunc|numeric numeric|2|numeric|c|
numeric_div|numeric numeric|2|numeric|c|
numeric_eq|numeric numeric|2|bool|ctp|
numeric_exp|numeric|1|numeric|c|
numeric_ge|numeric numeric|2|bool|ctp|
numeric_gt|numeric numeric|2|bool|ctp|
numeric_inc|numeric|1|numeric|c|
numeric_in|cstring oid int4|3|numeric|c|
numeric_larger|numeric numeric|2|numeric|c|
numeric_le|numeric numeric|2|bool|ctp|
numeric_ln|numeric|1|numeric|c|
numeric_log|numeric numeric|2|numeric|c|
numeric_lt|numeric numeric|2|bool|ctp|
numeric_mod|numeric numeric|2|numeric|c|
numeric_mul|numeric numeric|2|numeric|c|
numeric_ne|numeric numeric|2|bool|ctp|
numeric_out|numeric|1|cstring|c|
numeric_pl_pg_lsn|numeric pg_lsn|2|pg_lsn|c|
numeric_poly_avg|internal|1|numeric|ou|
numeric_poly_combine|internal internal|2|internal|ou|
numeric_poly_deserialize|bytea internal|2|internal|ou|
numeric_poly_serialize|internal|1|bytea|ou|
numeric_poly_stddev_pop|internal|1|numeric|ou|
numeric_poly_stddev_samp|internal|1|numeric|ou|
numeric_poly_sum|internal|1|numeric|ou|
numeric_poly_var_pop|internal|1|numeric|ou|
numeric_poly_var_samp|internal|1|numeric|ou|
numeric_power|numeric numeric|2|numeric|c|
numeric_recv|internal oid int4|3|numeric|ou|
numeric_send|numeric|1|bytea|c|
numeric_serialize|internal|1|bytea|ou|
numeric_smaller|numeric numeric|2|numeric|c|
numeric_sortsupport|internal|1|void|ou|
numeric_sqrt|numeric|1|numeric|c|
numeric_stddev_pop|internal|1|numeric|ou|
numeric_stddev_samp|internal|1|numeric|ou|
numeric_sub|numeric numeric|2|numeric|c|
numeric_sum|internal|1|numeric|ou|
numeric_support|internal|1|internal|ou|
numeric_uminus|numeric|1|numeric|ctp|
numeric_uplus|numeric|1|numeric|ctp|
numeric_var_pop|internal|1|numeric|ou|
numeric_var_samp|internal|1|numeric|ou|
numerictypmodin|_cstring|1|int4|ou|
numerictypmodout|int4|1|cstring|ou|
numeric|float4|1|numeric|ctp|
numeric|float8|1|numeric|ctp|
numeric|int2|1|numeric|ctp|
numeric|int4|1|numeric|ctp|
numeric|int8|1|numeric|ctp|
numeric|jsonb|1|numeric|c|
numeric|money|1|numeric|c|
numeric|numeric int4|2|numeric|c|
nummultirange|_numrange|1|nummultirange|cv|
nummultirange|numrange|1|nummultirange|c|
nummultirange||0|nummultirange|ctp|
numnode|tsquery|1|int4|ctp|
numrange_subdiff|numeric numeric|2|float8|c|
numrange|numeric numeric text|3|numrange|c|
numrange|numeric numeric|2|numrange|c|
obj_description|oid name|2|text|m|
obj_description|oid|1|text|m|
octet_length|bit|1|int4|ctp|
octet_length|bpchar|1|int4|ctp|
octet_length|bytea|1|int4|ctp|
octet_length|text|1|int4|ctp|
oideq|oid oid|2|bool|ctp|
oidge|oid oid|2|bool|ctp|
oidgt|oid oid|2|bool|ctp|
oidin|cstring|1|oid|c|
oidlarger|oid oid|2|oid|c|
oidle|oid oid|2|bool|ctp|
oidlt|oid oid|2|bool|ctp|
oidne|oid oid|2|bool|ctp|
oidout|oid|1|cstring|c|
oidrecv|internal|1|oid|ou|
oidsend|oid|1|bytea|c|
oidsmaller|oid oid|2|oid|c|
oidvectoreq|oidvector oidvector|2|bool|ctp|
oidvectorge|oidvector oidvector|2|bool|ctp|
oidvectorgt|oidvector oidvector|2|bool|ctp|
oidvectorin|cstring|1|oidvector|c|
oidvectorle|oidvector oidvector|2|bool|ctp|
oidvectorlt|oidvector oidvector|2|bool|ctp|
oidvectorne|oidvector oidvector|2|bool|ctp|
oidvectorout|oidvector|1|cstring|c|
oidvectorrecv|internal|1|oidvector|ou|
oidvectorsend|oidvector|1|bytea|c|
oidvectortypes|oidvector|1|text|m|
oid|int8|1|oid|c|
on_pb|point box|2|bool|c|
on_pl|point line|2|bool|c|
on_ppath|point path|2|bool|c|
on_ps|point lseg|2|bool|c|
on_sb|lseg box|2|bool|c|
on_sl|lseg line|2|bool|c|
ordered_set_transition_multi|internal any|2|internal|ouv|
ordered_set_transition|internal any|2|internal|ou|
overlaps|time interval time interval|4|bool|c|
overlaps|time interval time time|4|bool|c|
overlaps|time time time interval|4|bool|c|
overlaps|time time time time|4|bool|c|
overlaps|timestamp interval timestamp interval|4|bool|c|
overlaps|timestamp interval timestamp timestamp|4|bool|c|
overlaps|timestamp timestamp timestamp interval|4|bool|c|
overlaps|timestamp timestamp timestamp timestamp|4|bool|c|
overlaps|timestamptz interval timestamptz interval|4|bool|c|
overlaps|timestamptz interval timestamptz timestamptz|4|bool|c|
overlaps|timestamptz timestamptz timestamptz interval|4|bool|c|
overlaps|timestamptz timestamptz timestamptz timestamptz|4|bool|c|
overlaps|timetz timetz timetz timetz|4|bool|c|
overlay|bit bit int4 int4|4|bit|c|
overlay|bit bit int4|3|bit|c|
overlay|bytea bytea int4 int4|4|bytea|c|
overlay|bytea bytea int4|3|bytea|c|
overlay|text text int4 int4|4|text|c|
overlay|text text int4|3|text|c|
parse_ident|text bool|1|_text|c|
path_add_pt|path point|2|path|c|
path_add|path path|2|path|c|
path_contain_pt|path point|2|bool|c|
path_distance|path path|2|float8|c|
path_div_pt|path point|2|path|c|
path_inter|path path|2|bool|c|
path_in|cstring|1|path|c|
path_length|path|1|float8|c|
path_mul_pt|path point|2|path|c|
path_n_eq|path path|2|bool|ctp|
path_n_ge|path path|2|bool|ctp|
path_n_gt|path path|2|bool|ctp|
path_n_le|path path|2|bool|ctp|
path_n_lt|path path|2|bool|ctp|
path_npoints|path|1|int4|c|
path_out|path|1|cstring|c|
path_recv|internal|1|path|ou|
path_send|path|1|bytea|c|
path_sub_pt|path point|2|path|c|
path|polygon|1|path|c|
pclose|path|1|path|c|
percent_rank_final|internal any|2|float8|ouv|
percent_rank|any|1|float8|ctpav|
percent_rank||0|float8|ctpw|
percentile_cont_float8_final|internal float8|2|float8|ou|
percentile_cont_float8_multi_final|internal _float8|2|_float8|ou|
percentile_cont_interval_final|internal float8|2|interval|ou|
percentile_cont_interval_multi_final|internal _float8|2|_interval|ou|
percentile_cont|_float8 float8|2|_float8|cpa|
percentile_cont|_float8 interval|2|_interval|cpa|
percentile_cont|float8 float8|2|float8|cpa|
percentile_cont|float8 interval|2|interval|cpa|
percentile_disc_final|internal float8 anyelement|3|anyelement|ou|
percentile_disc_multi_final|internal _float8 anyelement|3|anyarray|ou|
percentile_disc|_float8 anyelement|2|anyarray|cpa|
percentile_disc|float8 anyelement|2|anyelement|cpa|
pg_advisory_lock_shared|int4 int4|2|void|ou|
pg_advisory_lock_shared|int8|1|void|ou|
pg_advisory_lock|int4 int4|2|void|ou|
pg_advisory_lock|int8|1|void|ou|
pg_advisory_unlock_all||0|void|ou|
pg_advisory_unlock_shared|int4 int4|2|bool|ou|
pg_advisory_unlock_shared|int8|1|bool|ou|
pg_advisory_unlock|int4 int4|2|bool|ou|
pg_advisory_unlock|int8|1|bool|ou|
pg_advisory_xact_lock_shared|int4 int4|2|void|ou|
pg_advisory_xact_lock_shared|int8|1|void|ou|
pg_advisory_xact_lock|int4 int4|2|void|ou|
pg_advisory_xact_lock|int8|1|void|ou|
pg_available_extension_versions||0|record|mr|name version superuser trusted relocatable schema requires comment
pg_available_extensions||0|record|mr|name default_version comment
pg_available_wal_summaries||0|record|our|tli start_lsn end_lsn
pg_backend_pid||0|int4|mtp|
pg_backup_start|text bool|1|pg_lsn|ou|
pg_backup_stop|bool|0|record|ou|lsn labelfile spcmapfile
pg_basetype|regtype|1|regtype|m|
pg_blocking_pids|int4|1|_int4|ou|
pg_cancel_backend|int4|1|bool|ou|
pg_char_to_encoding|name|1|int4|m|
pg_clear_attribute_stats|text text text bool|4|void|ou|
pg_clear_relation_stats|text text|2|void|ou|
pg_client_encoding||0|name|mtp|
pg_collation_actual_version|oid|1|text|m|
pg_collation_for|any|1|text|ctp|
pg_collation_is_visible|oid|1|bool|m|
pg_column_compression|any|1|text|c|
pg_column_is_updatable|regclass int2 bool|3|bool|m|
pg_column_size|any|1|int4|ctp|
pg_column_toast_chunk_id|any|1|oid|c|
pg_conf_load_time||0|timestamptz|mtp|
pg_config||0|record|our|name setting
pg_control_checkpoint||0|record|ou|checkpoint_lsn redo_lsn redo_wal_file timeline_id prev_timeline_id full_page_writes next_xid next_oid next_multixact_id next_multi_offset oldest_xid oldest_xid_dbid oldest_active_xid oldest_multi_xid oldest_multi_dbid oldest_commit_ts_xid newest_commit_ts_xid checkpoint_time
pg_control_init||0|record|ou|*
pg_control_recovery||0|record|ou|min_recovery_end_lsn min_recovery_end_timeline backup_start_lsn backup_end_lsn end_of_backup_record_required
pg_control_system||0|record|ou|pg_control_version catalog_version_no system_identifier pg_control_last_modified
pg_conversion_is_visible|oid|1|bool|m|
pg_copy_logical_replication_slot|name name bool name|4|record|ou|slot_name lsn
pg_copy_logical_replication_slot|name name bool|3|record|ou|slot_name lsn
pg_copy_logical_replication_slot|name name|2|record|ou|slot_name lsn
pg_copy_physical_replication_slot|name name bool|3|record|ou|slot_name lsn
pg_copy_physical_replication_slot|name name|2|record|ou|slot_name lsn
pg_create_logical_replication_slot|name name bool bool bool|2|record|ou|slot_name lsn
pg_create_logical_replication_slot|name name bool bool|2|record|ou|slot_name lsn
pg_create_physical_replication_slot|name bool bool|1|record|ou|slot_name lsn
pg_create_restore_point|text|1|pg_lsn|ou|
pg_current_logfile|text|1|text|ou|
pg_current_logfile||0|text|ou|
pg_current_snapshot||0|pg_snapshot|mtp|
pg_current_wal_flush_lsn||0|pg_lsn|mtp|
pg_current_wal_insert_lsn||0|pg_lsn|mtp|
pg_current_wal_lsn||0|pg_lsn|mtp|
pg_current_xact_id_if_assigned||0|xid8|mtp|
pg_current_xact_id||0|xid8|mtp|
pg_cursor||0|record|our|name statement is_holdable is_binary is_scrollable creation_time
pg_database_collation_actual_version|oid|1|text|m|
pg_database_size|name|1|int8|m|
pg_database_size|oid|1|int8|m|
pg_ddl_command_in|cstring|1|pg_ddl_command|ou|
pg_ddl_command_out|pg_ddl_command|1|cstring|ou|
pg_ddl_command_recv|internal|1|pg_ddl_command|ou|
pg_ddl_command_send|pg_ddl_command|1|bytea|ou|
pg_dependencies_in|cstring|1|pg_dependencies|c|
pg_dependencies_out|pg_dependencies|1|cstring|c|
pg_dependencies_recv|internal|1|pg_dependencies|ou|
pg_dependencies_send|pg_dependencies|1|bytea|ou|
pg_describe_object|oid oid int4|3|text|m|
pg_drop_replication_slot|name|1|void|ou|
pg_encoding_max_length|int4|1|int4|c|
pg_encoding_to_char|int4|1|name|m|
pg_event_trigger_ddl_commands||0|record|our|classid objid objsubid command_tag object_type schema_name object_identity in_extension command
pg_event_trigger_dropped_objects||0|record|our|classid objid objsubid original normal is_temporary object_type schema_name object_name object_identity address_names address_args
pg_event_trigger_table_rewrite_oid||0|oid|ou|oid
pg_event_trigger_table_rewrite_reason||0|int4|ou|
pg_export_snapshot||0|text|ou|
pg_extension_config_dump|regclass text|2|void|ou|
pg_extension_update_paths|name|1|record|mr|source target path
pg_filenode_relation|oid oid|2|regclass|m|
pg_function_is_visible|oid|1|bool|m|
pg_get_acl|oid oid int4|3|_aclitem|m|
pg_get_aios||0|record|our|pid io_id io_generation state operation off length target handle_data_len raw_result result target_desc f_sync f_localmem f_buffered
pg_get_backend_memory_contexts||0|record|our|*
pg_get_catalog_foreign_keys||0|record|mr|fktable fkcols pktable pkcols is_array is_opt
pg_get_constraintdef|oid bool|2|text|m|
pg_get_constraintdef|oid|1|text|m|
pg_get_expr|pg_node_tree oid bool|3|text|m|
pg_get_expr|pg_node_tree oid|2|text|m|
pg_get_function_arg_default|oid int4|2|text|m|
pg_get_function_arguments|oid|1|text|m|
pg_get_function_identity_arguments|oid|1|text|m|
pg_get_function_result|oid|1|text|m|
pg_get_function_sqlbody|oid|1|text|m|
pg_get_functiondef|oid|1|text|m|
pg_get_indexdef|oid int4 bool|3|text|m|
pg_get_indexdef|oid|1|text|m|
pg_get_keywords||0|record|mr|word catcode barelabel catdesc baredesc
pg_get_loaded_modules||0|record|our|module_name version file_name
pg_get_multixact_members|xid|1|record|our|xid mode
pg_get_object_address|text _text _text|3|record|m|classid objid objsubid
pg_get_partition_constraintdef|oid|1|text|m|
pg_get_partkeydef|oid|1|text|m|
pg_get_publication_tables|_text|1|record|mrv|pubid relid attrs qual
pg_get_publication_tables|text|1|record|mr|relid attrs qual
pg_get_replica_identity_index|regclass|1|regclass|m|
pg_get_replication_slots||0|record|our|*
pg_get_ruledef|oid bool|2|text|m|
pg_get_ruledef|oid|1|text|m|
pg_get_sequence_data|regclass|1|record|m|last_value is_called
pg_get_serial_sequence|text text|2|text|m|
pg_get_shmem_allocations_numa||0|record|our|name numa_node size
pg_get_shmem_allocations||0|record|our|name off size allocated_size
pg_get_statisticsobjdef_columns|oid|1|text|m|
pg_get_statisticsobjdef_expressions|oid|1|_text|m|
pg_get_statisticsobjdef|oid|1|text|m|
pg_get_triggerdef|oid bool|2|text|m|
pg_get_triggerdef|oid|1|text|m|
pg_get_userbyid|oid|1|name|m|
pg_get_viewdef|oid bool|2|text|m|
pg_get_viewdef|oid int4|2|text|m|
pg_get_viewdef|oid|1|text|m|
pg_get_viewdef|text bool|2|text|m|
pg_get_viewdef|text|1|text|m|
pg_get_wait_events||0|record|mr|type name description
pg_get_wal_replay_pause_state||0|text|mtp|
pg_get_wal_resource_managers||0|record|our|rm_id rm_name rm_builtin
pg_get_wal_summarizer_state||0|record|ou|summarized_tli summarized_lsn pending_lsn summarizer_pid
pg_has_role|name name text|3|bool|m|
pg_has_role|name oid text|3|bool|m|
pg_has_role|name text|2|bool|m|
pg_has_role|oid name text|3|bool|m|
pg_has_role|oid oid text|3|bool|m|
pg_has_role|oid text|2|bool|m|
pg_hba_file_rules||0|record|our|*
pg_ident_file_mappings||0|record|our|*
pg_identify_object_as_address|oid oid int4|3|record|m|type object_names object_args
pg_identify_object|oid oid int4|3|record|m|type schema name identity
pg_import_system_collations|regnamespace|1|int4|ou|
pg_index_column_has_property|regclass int4 text|3|bool|m|
pg_index_has_property|regclass text|2|bool|m|
pg_indexam_has_property|oid text|2|bool|m|
pg_indexam_progress_phasename|oid int8|2|text|m|
pg_indexes_size|regclass|1|int8|m|
pg_input_error_info|text text|2|record|c|message detail hint sql_error_code
pg_input_is_valid|text text|2|bool|c|
pg_is_in_recovery||0|bool|mtp|
pg_is_other_temp_schema|oid|1|bool|m|
pg_is_wal_replay_paused||0|bool|mtp|
pg_isolation_test_session_is_blocked|int4 _int4|2|bool|ou|
pg_jit_available||0|bool|mtp|
pg_last_committed_xact||0|record|ou|xid timestamp roident
pg_last_wal_receive_lsn||0|pg_lsn|mtp|
pg_last_wal_replay_lsn||0|pg_lsn|mtp|
pg_last_xact_replay_timestamp||0|timestamptz|mtp|
pg_listening_channels||0|text|mr|
pg_lock_status||0|record|our|locktype database relation page tuple virtualxid transactionid classid objid objsubid virtualtransaction pid mode granted fastpath waitstart
pg_log_backend_memory_contexts|int4|1|bool|ou|
pg_log_standby_snapshot||0|pg_lsn|ou|
pg_logical_emit_message|bool text bytea bool|3|pg_lsn|ou|
pg_logical_emit_message|bool text bytea|3|pg_lsn|ou|
pg_logical_emit_message|bool text text bool|3|pg_lsn|ou|
pg_logical_emit_message|bool text text|3|pg_lsn|ou|
pg_logical_slot_get_binary_changes|name pg_lsn int4 _text|3|record|ourv|lsn xid data
pg_logical_slot_get_changes|name pg_lsn int4 _text|3|record|ourv|lsn xid data
pg_logical_slot_peek_binary_changes|name pg_lsn int4 _text|3|record|ourv|lsn xid data
pg_logical_slot_peek_changes|name pg_lsn int4 _text|3|record|ourv|lsn xid data
pg_ls_archive_statusdir||0|record|our|name size modification
pg_ls_dir|text bool bool|3|text|our|
pg_ls_dir|text|1|text|our|
pg_ls_logdir||0|record|our|name size modification
pg_ls_logicalmapdir||0|record|our|name size modification
pg_ls_logicalsnapdir||0|record|our|name size modification
pg_ls_replslotdir|text|1|record|our|name size modification
pg_ls_summariesdir||0|record|our|name size modification
pg_ls_tmpdir|oid|1|record|our|name size modification
pg_ls_tmpdir||0|record|our|name size modification
pg_ls_waldir||0|record|our|name size modification
pg_lsn_cmp|pg_lsn pg_lsn|2|int4|c|
pg_lsn_eq|pg_lsn pg_lsn|2|bool|ctp|
pg_lsn_ge|pg_lsn pg_lsn|2|bool|ctp|
pg_lsn_gt|pg_lsn pg_lsn|2|bool|ctp|
pg_lsn_hash_extended|pg_lsn int8|2|int8|c|
pg_lsn_hash|pg_lsn|1|int4|c|
pg_lsn_in|cstring|1|pg_lsn|c|
pg_lsn_larger|pg_lsn pg_lsn|2|pg_lsn|c|
pg_lsn_le|pg_lsn pg_lsn|2|bool|ctp|
pg_lsn_lt|pg_lsn pg_lsn|2|bool|ctp|
pg_lsn_mii|pg_lsn numeric|2|pg_lsn|c|
pg_lsn_mi|pg_lsn pg_lsn|2|numeric|c|
pg_lsn_ne|pg_lsn pg_lsn|2|bool|ctp|
pg_lsn_out|pg_lsn|1|cstring|c|
pg_lsn_pli|pg_lsn numeric|2|pg_lsn|c|
pg_lsn_recv|internal|1|pg_lsn|ou|
pg_lsn_send|pg_lsn|1|bytea|c|
pg_lsn_smaller|pg_lsn pg_lsn|2|pg_lsn|c|
pg_lsn|numeric|1|pg_lsn|c|
pg_mcv_list_in|cstring|1|pg_mcv_list|c|
pg_mcv_list_items|pg_mcv_list|1|record|our|index values nulls frequency base_frequency
pg_mcv_list_out|pg_mcv_list|1|cstring|c|
pg_mcv_list_recv|internal|1|pg_mcv_list|ou|
pg_mcv_list_send|pg_mcv_list|1|bytea|ou|
pg_my_temp_schema||0|oid|mtp|
pg_ndistinct_in|cstring|1|pg_ndistinct|c|
pg_ndistinct_out|pg_ndistinct|1|cstring|c|
pg_ndistinct_recv|internal|1|pg_ndistinct|ou|
pg_ndistinct_send|pg_ndistinct|1|bytea|ou|
pg_nextoid|regclass name regclass|3|oid|ou|
pg_node_tree_in|cstring|1|pg_node_tree|c|
pg_node_tree_out|pg_node_tree|1|cstring|c|
pg_node_tree_recv|internal|1|pg_node_tree|ou|
pg_node_tree_send|pg_node_tree|1|bytea|ou|
pg_notification_queue_usage||0|float8|mtp|
pg_notify|text text|2|void|ou|
pg_numa_available||0|bool|mtp|
pg_opclass_is_visible|oid|1|bool|m|
pg_operator_is_visible|oid|1|bool|m|
pg_opfamily_is_visible|oid|1|bool|m|
pg_options_to_table|_text|1|record|mr|option_name option_value
pg_partition_ancestors|regclass|1|regclass|mr|relid
pg_partition_root|regclass|1|regclass|m|
pg_partition_tree|regclass|1|record|mr|relid parentrelid isleaf level
pg_postmaster_start_time||0|timestamptz|mtp|
pg_prepared_statement||0|record|our|*
pg_prepared_xact||0|record|our|transaction gid prepared ownerid dbid
pg_promote|bool int4|0|bool|ou|
pg_read_binary_file|text bool|2|bytea|ou|
pg_read_binary_file|text int8 int8 bool|4|bytea|ou|
pg_read_binary_file|text int8 int8|3|bytea|ou|
pg_read_binary_file|text|1|bytea|ou|
pg_read_file_old|text int8 int8|3|text|ou|
pg_read_file|text bool|2|text|ou|
pg_read_file|text int8 int8 bool|4|text|ou|
pg_read_file|text int8 int8|3|text|ou|
pg_read_file|text|1|text|ou|
pg_relation_filenode|regclass|1|oid|m|
pg_relation_filepath|regclass|1|text|m|
pg_relation_is_publishable|regclass|1|bool|m|
pg_relation_is_updatable|regclass bool|2|int4|m|
pg_relation_size|regclass text|2|int8|m|
pg_relation_size|regclass|1|int8|m|
pg_reload_conf||0|bool|ou|
pg_replication_origin_advance|text pg_lsn|2|void|ou|
pg_replication_origin_create|text|1|oid|ou|
pg_replication_origin_drop|text|1|void|ou|
pg_replication_origin_oid|text|1|oid|ou|
pg_replication_origin_progress|text bool|2|pg_lsn|ou|
pg_replication_origin_session_is_setup||0|bool|ou|
pg_replication_origin_session_progress|bool|1|pg_lsn|ou|
pg_replication_origin_session_reset||0|void|ou|
pg_replication_origin_session_setup|text|1|void|ou|
pg_replication_origin_xact_reset||0|void|ou|
pg_replication_origin_xact_setup|pg_lsn timestamptz|2|void|ou|
pg_replication_slot_advance|name pg_lsn|2|record|ou|slot_name end_lsn
pg_restore_attribute_stats|any|1|bool|ouv|
pg_restore_relation_stats|any|1|bool|ouv|
pg_rotate_logfile_old||0|bool|ou|
pg_rotate_logfile||0|bool|ou|
pg_safe_snapshot_blocking_pids|int4|1|_int4|ou|
pg_sequence_last_value|regclass|1|int8|m|
pg_sequence_parameters|oid|1|record|m|start_value minimum_value maximum_value increment cycle_option cache_size data_type
pg_settings_get_flags|text|1|_text|m|
pg_show_all_file_settings||0|record|our|sourcefile sourceline seqno name setting applied error
pg_show_all_settings||0|record|mr|name setting unit category short_desc extra_desc context vartype source min_val max_val enumvals boot_val reset_val sourcefile sourceline pending_restart
pg_show_replication_origin_status||0|record|our|local_id external_id remote_lsn local_lsn
pg_size_bytes|text|1|int8|c|
pg_size_pretty|int8|1|text|c|
pg_size_pretty|numeric|1|text|c|
pg_sleep_for|interval|1|void|cu|
pg_sleep_until|timestamptz|1|void|cu|
pg_sleep|float8|1|void|cu|
pg_snapshot_in|cstring|1|pg_snapshot|c|
pg_snapshot_out|pg_snapshot|1|cstring|c|
pg_snapshot_recv|internal|1|pg_snapshot|ou|
pg_snapshot_send|pg_snapshot|1|bytea|c|
pg_snapshot_xip|pg_snapshot|1|xid8|cr|
pg_snapshot_xmax|pg_snapshot|1|xid8|c|
pg_snapshot_xmin|pg_snapshot|1|xid8|c|
pg_split_walfile_name|text|1|record|m|segment_number timeline_id
pg_stat_clear_snapshot||0|void|ou|
pg_stat_file|text bool|2|record|ou|size access modification change creation isdir
pg_stat_file|text|1|record|ou|size access modification change creation isdir
pg_stat_force_next_flush||0|void|ou|
pg_stat_get_activity|int4|1|record|our|*
pg_stat_get_analyze_count|oid|1|int8|m|
pg_stat_get_archiver||0|record|ou|archived_count last_archived_wal last_archived_time failed_count last_failed_wal last_failed_time stats_reset
pg_stat_get_autoanalyze_count|oid|1|int8|m|
pg_stat_get_autovacuum_count|oid|1|int8|m|
pg_stat_get_backend_activity_start|int4|1|timestamptz|ou|
pg_stat_get_backend_activity|int4|1|text|ou|
pg_stat_get_backend_client_addr|int4|1|inet|ou|
pg_stat_get_backend_client_port|int4|1|int4|ou|
pg_stat_get_backend_dbid|int4|1|oid|ou|
pg_stat_get_backend_idset||0|int4|our|
pg_stat_get_backend_io|int4|1|record|our|backend_type object context reads read_bytes read_time writes write_bytes write_time writebacks writeback_time extends extend_bytes extend_time hits evictions reuses fsyncs fsync_time stats_reset
pg_stat_get_backend_pid|int4|1|int4|ou|
pg_stat_get_backend_start|int4|1|timestamptz|ou|
pg_stat_get_backend_subxact|int4|1|record|ou|subxact_count subxact_overflowed
pg_stat_get_backend_userid|int4|1|oid|ou|
pg_stat_get_backend_wait_event_type|int4|1|text|ou|
pg_stat_get_backend_wait_event|int4|1|text|ou|
pg_stat_get_backend_wal|int4|1|record|ou|wal_records wal_fpi wal_bytes wal_buffers_full stats_reset
pg_stat_get_backend_xact_start|int4|1|timestamptz|ou|
pg_stat_get_bgwriter_buf_written_checkpoints||0|int8|ou|
pg_stat_get_bgwriter_buf_written_clean||0|int8|ou|
pg_stat_get_bgwriter_maxwritten_clean||0|int8|ou|
pg_stat_get_bgwriter_requested_checkpoints||0|int8|ou|
pg_stat_get_bgwriter_stat_reset_time||0|timestamptz|ou|
pg_stat_get_bgwriter_timed_checkpoints||0|int8|ou|
pg_stat_get_blocks_fetched|oid|1|int8|m|
pg_stat_get_blocks_hit|oid|1|int8|m|
pg_stat_get_buf_alloc||0|int8|ou|
pg_stat_get_buf_fsync_backend||0|int8|ou|
pg_stat_get_buf_written_backend||0|int8|ou|
pg_stat_get_checkpoint_sync_time||0|float8|ou|
pg_stat_get_checkpoint_write_time||0|float8|ou|
pg_stat_get_checkpointer_buffers_written||0|int8|ou|
pg_stat_get_checkpointer_num_performed||0|int8|ou|
pg_stat_get_checkpointer_num_requested||0|int8|ou|
pg_stat_get_checkpointer_num_timed||0|int8|ou|
pg_stat_get_checkpointer_restartpoints_performed||0|int8|ou|
pg_stat_get_checkpointer_restartpoints_requested||0|int8|ou|
pg_stat_get_checkpointer_restartpoints_timed||0|int8|ou|
pg_stat_get_checkpointer_slru_written||0|int8|ou|
pg_stat_get_checkpointer_stat_reset_time||0|timestamptz|ou|
pg_stat_get_checkpointer_sync_time||0|float8|ou|
pg_stat_get_checkpointer_write_time||0|float8|ou|
pg_stat_get_db_active_time|oid|1|float8|ou|
pg_stat_get_db_blk_read_time|oid|1|float8|ou|
pg_stat_get_db_blk_write_time|oid|1|float8|ou|
pg_stat_get_db_blocks_fetched|oid|1|int8|ou|
pg_stat_get_db_blocks_hit|oid|1|int8|ou|
pg_stat_get_db_checksum_failures|oid|1|int8|ou|
pg_stat_get_db_checksum_last_failure|oid|1|timestamptz|ou|
pg_stat_get_db_conflict_all|oid|1|int8|ou|
pg_stat_get_db_conflict_bufferpin|oid|1|int8|ou|
pg_stat_get_db_conflict_lock|oid|1|int8|ou|
pg_stat_get_db_conflict_logicalslot|oid|1|int8|ou|
pg_stat_get_db_conflict_snapshot|oid|1|int8|ou|
pg_stat_get_db_conflict_startup_deadlock|oid|1|int8|ou|
pg_stat_get_db_conflict_tablespace|oid|1|int8|ou|
pg_stat_get_db_deadlocks|oid|1|int8|ou|
pg_stat_get_db_idle_in_transaction_time|oid|1|float8|ou|
pg_stat_get_db_numbackends|oid|1|int4|ou|
pg_stat_get_db_parallel_workers_launched|oid|1|int8|ou|
pg_stat_get_db_parallel_workers_to_launch|oid|1|int8|ou|
pg_stat_get_db_session_time|oid|1|float8|ou|
pg_stat_get_db_sessions_abandoned|oid|1|int8|ou|
pg_stat_get_db_sessions_fatal|oid|1|int8|ou|
pg_stat_get_db_sessions_killed|oid|1|int8|ou|
pg_stat_get_db_sessions|oid|1|int8|ou|
pg_stat_get_db_stat_reset_time|oid|1|timestamptz|ou|
pg_stat_get_db_temp_bytes|oid|1|int8|ou|
pg_stat_get_db_temp_files|oid|1|int8|ou|
pg_stat_get_db_tuples_deleted|oid|1|int8|ou|
pg_stat_get_db_tuples_fetched|oid|1|int8|ou|
pg_stat_get_db_tuples_inserted|oid|1|int8|ou|
pg_stat_get_db_tuples_returned|oid|1|int8|ou|
pg_stat_get_db_tuples_updated|oid|1|int8|ou|
pg_stat_get_db_xact_commit|oid|1|int8|ou|
pg_stat_get_db_xact_rollback|oid|1|int8|ou|
pg_stat_get_dead_tuples|oid|1|int8|m|
pg_stat_get_function_calls|oid|1|int8|m|
pg_stat_get_function_self_time|oid|1|float8|m|
pg_stat_get_function_total_time|oid|1|float8|m|
pg_stat_get_ins_since_vacuum|oid|1|int8|m|
pg_stat_get_io||0|record|our|backend_type object context reads read_bytes read_time writes write_bytes write_time writebacks writeback_time extends extend_bytes extend_time hits evictions reuses fsyncs fsync_time stats_reset
pg_stat_get_last_analyze_time|oid|1|timestamptz|m|
pg_stat_get_last_autoanalyze_time|oid|1|timestamptz|m|
pg_stat_get_last_autovacuum_time|oid|1|timestamptz|m|
pg_stat_get_last_vacuum_time|oid|1|timestamptz|m|
pg_stat_get_lastscan|oid|1|timestamptz|m|
pg_stat_get_live_tuples|oid|1|int8|m|
pg_stat_get_mod_since_analyze|oid|1|int8|m|
pg_stat_get_numscans|oid|1|int8|m|
pg_stat_get_progress_info|text|1|record|our|pid datid relid param1 param2 param3 param4 param5 param6 param7 param8 param9 param10 param11 param12 param13 param14 param15 param16 param17 param18 param19 param20
pg_stat_get_recovery_prefetch||0|record|our|stats_reset prefetch hit skip_init skip_new skip_fpw skip_rep wal_distance block_distance io_depth
pg_stat_get_replication_slot|text|1|record|ou|slot_name spill_txns spill_count spill_bytes stream_txns stream_count stream_bytes total_txns total_bytes stats_reset
pg_stat_get_slru||0|record|our|name blks_zeroed blks_hit blks_read blks_written blks_exists flushes truncates stats_reset
pg_stat_get_snapshot_timestamp||0|timestamptz|mtp|
pg_stat_get_subscription_stats|oid|1|record|ou|*
pg_stat_get_subscription|oid|1|record|our|*
pg_stat_get_total_analyze_time|oid|1|float8|m|
pg_stat_get_total_autoanalyze_time|oid|1|float8|m|
pg_stat_get_total_autovacuum_time|oid|1|float8|m|
pg_stat_get_total_vacuum_time|oid|1|float8|m|
pg_stat_get_tuples_deleted|oid|1|int8|m|
pg_stat_get_tuples_fetched|oid|1|int8|m|
pg_stat_get_tuples_hot_updated|oid|1|int8|m|
pg_stat_get_tuples_inserted|oid|1|int8|m|
pg_stat_get_tuples_newpage_updated|oid|1|int8|m|
pg_stat_get_tuples_returned|oid|1|int8|m|
pg_stat_get_tuples_updated|oid|1|int8|m|
pg_stat_get_vacuum_count|oid|1|int8|m|
pg_stat_get_wal_receiver||0|record|ou|pid status receive_start_lsn receive_start_tli written_lsn flushed_lsn received_tli last_msg_send_time last_msg_receipt_time latest_end_lsn latest_end_time slot_name sender_host sender_port conninfo
pg_stat_get_wal_senders||0|record|our|pid state sent_lsn write_lsn flush_lsn replay_lsn write_lag flush_lag replay_lag sync_priority sync_state reply_time
pg_stat_get_wal||0|record|ou|*
pg_stat_get_xact_blocks_fetched|oid|1|int8|ou|
pg_stat_get_xact_blocks_hit|oid|1|int8|ou|
pg_stat_get_xact_function_calls|oid|1|int8|ou|
pg_stat_get_xact_function_self_time|oid|1|float8|ou|
pg_stat_get_xact_function_total_time|oid|1|float8|ou|
pg_stat_get_xact_numscans|oid|1|int8|ou|
pg_stat_get_xact_tuples_deleted|oid|1|int8|ou|
pg_stat_get_xact_tuples_fetched|oid|1|int8|ou|
pg_stat_get_xact_tuples_hot_updated|oid|1|int8|ou|
pg_stat_get_xact_tuples_inserted|oid|1|int8|ou|
pg_stat_get_xact_tuples_newpage_updated|oid|1|int8|ou|
pg_stat_get_xact_tuples_returned|oid|1|int8|ou|
pg_stat_get_xact_tuples_updated|oid|1|int8|ou|
pg_stat_have_stats|text oid int8|3|bool|ou|
pg_stat_have_stats|text oid oid|3|bool|ou|
pg_stat_reset_backend_stats|int4|1|void|ou|
pg_stat_reset_replication_slot|text|1|void|ou|
pg_stat_reset_shared|text|0|void|ou|
pg_stat_reset_single_function_counters|oid|1|void|ou|
pg_stat_reset_single_table_counters|oid|1|void|ou|
pg_stat_reset_slru|text|0|void|ou|
pg_stat_reset_subscription_stats|oid|1|void|ou|
pg_stat_reset||0|void|ou|
pg_statistics_obj_is_visible|oid|1|bool|m|
pg_stop_making_pinned_objects||0|void|ou|
pg_switch_wal||0|pg_lsn|ou|
pg_sync_replication_slots||0|void|ou|
pg_table_is_visible|oid|1|bool|m|
pg_table_size|regclass|1|int8|m|
pg_tablespace_databases|oid|1|oid|mr|
pg_tablespace_location|oid|1|text|m|
pg_tablespace_size|name|1|int8|m|
pg_tablespace_size|oid|1|int8|m|
pg_terminate_backend|int4 int8|1|bool|ou|
pg_timezone_abbrevs_abbrevs||0|record|mr|abbrev utc_offset is_dst
pg_timezone_abbrevs_zone||0|record|mr|abbrev utc_offset is_dst
pg_timezone_abbrevs||0|record|mr|abbrev utc_offset is_dst
pg_timezone_names||0|record|mr|name abbrev utc_offset is_dst
pg_total_relation_size|regclass|1|int8|m|
pg_trigger_depth||0|int4|mtp|
pg_try_advisory_lock_shared|int4 int4|2|bool|ou|
pg_try_advisory_lock_shared|int8|1|bool|ou|
pg_try_advisory_lock|int4 int4|2|bool|ou|
pg_try_advisory_lock|int8|1|bool|ou|
pg_try_advisory_xact_lock_shared|int4 int4|2|bool|ou|
pg_try_advisory_xact_lock_shared|int8|1|bool|ou|
pg_try_advisory_xact_lock|int4 int4|2|bool|ou|
pg_try_advisory_xact_lock|int8|1|bool|ou|
pg_ts_config_is_visible|oid|1|bool|m|
pg_ts_dict_is_visible|oid|1|bool|m|
pg_ts_parser_is_visible|oid|1|bool|m|
pg_ts_template_is_visible|oid|1|bool|m|
pg_type_is_visible|oid|1|bool|m|
pg_typeof|any|1|regtype|ctp|
pg_visible_in_snapshot|xid8 pg_snapshot|2|bool|c|
pg_wal_lsn_diff|pg_lsn pg_lsn|2|numeric|c|
pg_wal_replay_pause||0|void|ou|
pg_wal_replay_resume||0|void|ou|
pg_wal_summary_contents|int8 pg_lsn pg_lsn|3|record|our|relfilenode reltablespace reldatabase relforknumber relblocknumber is_limit_block
pg_walfile_name_offset|pg_lsn|1|record|m|file_name file_offset
pg_walfile_name|pg_lsn|1|text|m|
pg_xact_commit_timestamp_origin|xid|1|record|m|timestamp roident
pg_xact_commit_timestamp|xid|1|timestamptz|m|
pg_xact_status|xid8|1|text|m|
phraseto_tsquery|regconfig text|2|tsquery|c|
phraseto_tsquery|text|1|tsquery|c|
pi||0|float8|ctp|
plainto_tsquery|regconfig text|2|tsquery|c|
plainto_tsquery|text|1|tsquery|c|
plpgsql_call_handler||0|language_handler|ou|
plpgsql_inline_handler|internal|1|void|ou|
plpgsql_validator|oid|1|void|ou|
point_above|point point|2|bool|c|
point_add|point point|2|point|c|
point_below|point point|2|bool|c|
point_distance|point point|2|float8|c|
point_div|point point|2|point|c|
point_eq|point point|2|bool|c|
point_horiz|point point|2|bool|c|
point_in|cstring|1|point|c|
point_left|point point|2|bool|c|
point_mul|point point|2|point|c|
point_ne|point point|2|bool|ctp|
point_out|point|1|cstring|c|
point_recv|internal|1|point|ou|
point_right|point point|2|bool|c|
point_send|point|1|bytea|c|
point_sub|point point|2|point|c|
point_vert|point point|2|bool|c|
point|box|1|point|c|
point|circle|1|point|c|
point|float8 float8|2|point|c|
point|lseg|1|point|c|
point|polygon|1|point|c|
poly_above|polygon polygon|2|bool|c|
poly_below|polygon polygon|2|bool|c|
poly_center|polygon|1|point|c|
poly_contain_pt|polygon point|2|bool|c|
poly_contained|polygon polygon|2|bool|c|
poly_contain|polygon polygon|2|bool|c|
poly_distance|polygon polygon|2|float8|c|
poly_in|cstring|1|polygon|c|
poly_left|polygon polygon|2|bool|c|
poly_npoints|polygon|1|int4|c|
poly_out|polygon|1|cstring|c|
poly_overabove|polygon polygon|2|bool|c|
poly_overbelow|polygon polygon|2|bool|c|
poly_overlap|polygon polygon|2|bool|c|
poly_overleft|polygon polygon|2|bool|c|
poly_overright|polygon polygon|2|bool|c|
poly_recv|internal|1|polygon|ou|
poly_right|polygon polygon|2|bool|c|
poly_same|polygon polygon|2|bool|c|
poly_send|polygon|1|bytea|c|
polygon|box|1|polygon|c|
polygon|circle|1|polygon|c|
polygon|int4 circle|2|polygon|c|
polygon|path|1|polygon|c|
popen|path|1|path|c|
positionjoinsel|internal oid internal int2 internal|5|float8|ou|
positionsel|internal oid internal int4|4|float8|ou|
position|bit bit|2|int4|ctp|
position|bytea bytea|2|int4|ctp|
position|text text|2|int4|ctp|
postgresql_fdw_validator|_text oid|2|bool|ou|
power|float8 float8|2|float8|c|
power|numeric numeric|2|numeric|c|
pow|float8 float8|2|float8|c|
pow|numeric numeric|2|numeric|c|
prefixjoinsel|internal oid internal int2 internal|5|float8|ou|
prefixsel|internal oid internal int4|4|float8|ou|
prsd_end|internal|1|void|ou|
prsd_headline|internal internal tsquery|3|internal|ou|
prsd_lextype|internal|1|internal|ou|
prsd_nexttoken|internal internal internal|3|internal|ou|
prsd_start|internal int4|2|internal|ou|
pt_contained_circle|point circle|2|bool|c|
pt_contained_poly|point polygon|2|bool|c|
query_to_xml_and_xmlschema|text bool bool text|4|xml|ou|
query_to_xmlschema|text bool bool text|4|xml|ou|
query_to_xml|text bool bool text|4|xml|ou|
querytree|tsquery|1|text|c|
quote_ident|text|1|text|ctp|
quote_literal|anyelement|1|text|ctp|
quote_literal|text|1|text|ctp|
quote_nullable|anyelement|1|text|ctp|
quote_nullable|text|1|text|ctp|
radians|float8|1|float8|c|
radius|circle|1|float8|c|
random_normal|float8 float8|0|float8|c|
random|int4 int4|2|int4|c|
random|int8 int8|2|int8|c|
random|numeric numeric|2|numeric|c|
random||0|float8|mtp|
range_adjacent_multirange|anyrange anymultirange|2|bool|c|
range_adjacent|anyrange anyrange|2|bool|c|
range_after_multirange|anyrange anymultirange|2|bool|c|
range_after|anyrange anyrange|2|bool|ctp|
range_agg_finalfn|internal anyrange|2|anymultirange|ou|
range_agg_transfn|internal anyrange|2|internal|ou|
range_agg|anymultirange|1|anymultirange|ca|
range_agg|anyrange|1|anymultirange|ca|
range_before_multirange|anyrange anymultirange|2|bool|c|
range_before|anyrange anyrange|2|bool|ctp|
range_cmp|anyrange anyrange|2|int4|c|
range_contained_by_multirange|anyrange anymultirange|2|bool|c|
range_contained_by|anyrange anyrange|2|bool|ctp|
range_contains_elem_support|internal|1|internal|ou|
range_contains_elem|anyrange anyelement|2|bool|ctp|
range_contains_multirange|anyrange anymultirange|2|bool|c|
range_contains|anyrange anyrange|2|bool|ctp|
range_eq|anyrange anyrange|2|bool|ctp|
range_ge|anyrange anyrange|2|bool|ctp|
range_gist_consistent|internal anyrange int2 oid internal|5|bool|ou|
range_gist_penalty|internal internal internal|3|internal|ou|
range_gist_picksplit|internal internal|2|internal|ou|
range_gist_same|anyrange anyrange internal|3|internal|ou|
range_gist_union|internal internal|2|anyrange|ou|
range_gt|anyrange anyrange|2|bool|ctp|
range_intersect_agg_transfn|anyrange anyrange|2|anyrange|c|
range_intersect_agg|anymultirange|1|anymultirange|ca|
range_intersect_agg|anyrange|1|anyrange|ca|
range_intersect|anyrange anyrange|2|anyrange|c|
range_in|cstring oid int4|3|anyrange|c|
range_le|anyrange anyrange|2|bool|ctp|
range_lt|anyrange anyrange|2|bool|ctp|
range_merge|anymultirange|1|anyrange|c|
range_merge|anyrange anyrange|2|anyrange|c|
range_minus|anyrange anyrange|2|anyrange|c|
range_ne|anyrange anyrange|2|bool|ctp|
range_out|anyrange|1|cstring|c|
range_overlaps_multirange|anyrange anymultirange|2|bool|c|
range_overlaps|anyrange anyrange|2|bool|ctp|
range_overleft_multirange|anyrange anymultirange|2|bool|c|
range_overleft|anyrange anyrange|2|bool|c|
range_overright_multirange|anyrange anymultirange|2|bool|c|
range_overright|anyrange anyrange|2|bool|c|
range_recv|internal oid int4|3|anyrange|ou|
range_send|anyrange|1|bytea|c|
range_sortsupport|internal|1|void|ou|
range_typanalyze|internal|1|bool|ou|
range_union|anyrange anyrange|2|anyrange|c|
rangesel|internal oid internal int4|4|float8|ou|
rank_final|internal any|2|int8|ouv|
rank|any|1|int8|ctpav|
rank||0|int8|ctpw|
raw_array_subscript_handler|internal|1|internal|ou|
record_eq|record record|2|bool|ctp|
record_ge|record record|2|bool|ctp|
record_gt|record record|2|bool|ctp|
record_image_eq|record record|2|bool|c|
record_image_ge|record record|2|bool|c|
record_image_gt|record record|2|bool|c|
record_image_le|record record|2|bool|c|
record_image_lt|record record|2|bool|c|
record_image_ne|record record|2|bool|c|
record_in|cstring oid int4|3|record|c|
record_larger|record record|2|record|c|
record_le|record record|2|bool|ctp|
record_lt|record record|2|bool|ctp|
record_ne|record record|2|bool|ctp|
record_out|record|1|cstring|c|
record_recv|internal oid int4|3|record|ou|
record_send|record|1|bytea|c|
record_smaller|record record|2|record|c|
regclassin|cstring|1|regclass|c|
regclassout|regclass|1|cstring|c|
regclassrecv|internal|1|regclass|ou|
regclasssend|regclass|1|bytea|c|
regclass|text|1|regclass|m|
regcollationin|cstring|1|regcollation|c|
regcollationout|regcollation|1|cstring|c|
regcollationrecv|internal|1|regcollation|ou|
regcollationsend|regcollation|1|bytea|c|
regconfigin|cstring|1|regconfig|c|
regconfigout|regconfig|1|cstring|c|
regconfigrecv|internal|1|regconfig|ou|
regconfigsend|regconfig|1|bytea|c|
regdictionaryin|cstring|1|regdictionary|c|
regdictionaryout|regdictionary|1|cstring|c|
regdictionaryrecv|internal|1|regdictionary|ou|
regdictionarysend|regdictionary|1|bytea|c|
regexeqjoinsel|internal oid internal int2 internal|5|float8|ou|
regexeqsel|internal oid internal int4|4|float8|ou|
regexnejoinsel|internal oid internal int2 internal|5|float8|ou|
regexnesel|internal oid internal int4|4|float8|ou|
regexp_count|text text int4 text|4|int4|c|
regexp_count|text text int4|3|int4|c|
regexp_count|text text|2|int4|c|
regexp_instr|text text int4 int4 int4 text int4|7|int4|c|
regexp_instr|text text int4 int4 int4 text|6|int4|c|
regexp_instr|text text int4 int4 int4|5|int4|c|
regexp_instr|text text int4 int4|4|int4|c|
regexp_instr|text text int4|3|int4|c|
regexp_instr|text text|2|int4|c|
regexp_like|text text text|3|bool|c|
regexp_like|text text|2|bool|c|
regexp_matches|text text text|3|_text|cr|
regexp_matches|text text|2|_text|cr|
regexp_match|text text text|3|_text|c|
regexp_match|text text|2|_text|c|
regexp_replace|text text text int4 int4 text|6|text|cu|
regexp_replace|text text text int4 int4|5|text|cu|
regexp_replace|text text text int4|4|text|cu|
regexp_replace|text text text text|4|text|cu|
regexp_replace|text text text|3|text|cu|
regexp_split_to_array|text text text|3|_text|c|
regexp_split_to_array|text text|2|_text|c|
regexp_split_to_table|text text text|3|text|cr|
regexp_split_to_table|text text|2|text|cr|
regexp_substr|text text int4 int4 text int4|6|text|c|
regexp_substr|text text int4 int4 text|5|text|c|
regexp_substr|text text int4 int4|4|text|c|
regexp_substr|text text int4|3|text|c|
regexp_substr|text text|2|text|c|
regnamespacein|cstring|1|regnamespace|c|
regnamespaceout|regnamespace|1|cstring|c|
regnamespacerecv|internal|1|regnamespace|ou|
regnamespacesend|regnamespace|1|bytea|c|
regoperatorin|cstring|1|regoperator|c|
regoperatorout|regoperator|1|cstring|c|
regoperatorrecv|internal|1|regoperator|ou|
regoperatorsend|regoperator|1|bytea|c|
regoperin|cstring|1|regoper|c|
regoperout|regoper|1|cstring|c|
regoperrecv|internal|1|regoper|ou|
regopersend|regoper|1|bytea|c|
regprocedurein|cstring|1|regprocedure|c|
regprocedureout|regprocedure|1|cstring|c|
regprocedurerecv|internal|1|regprocedure|ou|
regproceduresend|regprocedure|1|bytea|c|
regprocin|cstring|1|regproc|c|
regprocout|regproc|1|cstring|c|
regprocrecv|internal|1|regproc|ou|
regprocsend|regproc|1|bytea|c|
regr_avgx|float8 float8|2|float8|cpa|
regr_avgy|float8 float8|2|float8|cpa|
regr_count|float8 float8|2|int8|cpa|
regr_intercept|float8 float8|2|float8|cpa|
regr_r2|float8 float8|2|float8|cpa|
regr_slope|float8 float8|2|float8|cpa|
regr_sxx|float8 float8|2|float8|cpa|
regr_sxy|float8 float8|2|float8|cpa|
regr_syy|float8 float8|2|float8|cpa|
regrolein|cstring|1|regrole|c|
regroleout|regrole|1|cstring|c|
regrolerecv|internal|1|regrole|ou|
regrolesend|regrole|1|bytea|c|
regtypein|cstring|1|regtype|c|
regtypeout|regtype|1|cstring|c|
regtyperecv|internal|1|regtype|ou|
regtypesend|regtype|1|bytea|c|
repeat|text int4|2|text|cu|
replace|text text text|3|text|ctpu|
reverse|bytea|1|bytea|ctp|
reverse|text|1|text|ctp|
right|text int4|2|text|ctp|
round|float8|1|float8|ctp|
round|numeric int4|2|numeric|cp|
round|numeric|1|numeric|cp|
row_number||0|int8|ctpw|
row_security_active|oid|1|bool|m|
row_security_active|text|1|bool|m|
row_to_json|record bool|2|json|ctp|
row_to_json|record|1|json|ctp|
rpad|text int4 text|3|text|cu|
rpad|text int4|2|text|cu|
rtrim|bytea bytea|2|bytea|ctp|
rtrim|text text|2|text|ctp|
rtrim|text|1|text|ctp|
satisfies_hash_partition|oid int4 int4 any|4|bool|mv|
scalargejoinsel|internal oid internal int2 internal|5|float8|ou|
scalargesel|internal oid internal int4|4|float8|ou|
scalargtjoinsel|internal oid internal int2 internal|5|float8|ou|
scalargtsel|internal oid internal int4|4|float8|ou|
scalarlejoinsel|internal oid internal int2 internal|5|float8|ou|
scalarlesel|internal oid internal int4|4|float8|ou|
scalarltjoinsel|internal oid internal int2 internal|5|float8|ou|
scalarltsel|internal oid internal int4|4|float8|ou|
scale|numeric|1|int4|ctp|
schema_to_xml_and_xmlschema|name bool bool text|4|xml|ou|
schema_to_xmlschema|name bool bool text|4|xml|ou|
schema_to_xml|name bool bool text|4|xml|ou|
session_user||0|name|mtp|
set_bit|bit int4 int4|3|bit|c|
set_bit|bytea int8 int4|3|bytea|c|
set_byte|bytea int4 int4|3|bytea|c|
set_config|text text bool|3|text|s|
set_masklen|cidr int4|2|cidr|c|
set_masklen|inet int4|2|inet|c|
setseed|float8|1|void|ou|
setval|regclass int8 bool|3|int8|ou|
setval|regclass int8|2|int8|ou|
setweight|tsvector char _text|3|tsvector|c|
setweight|tsvector char|2|tsvector|c|
sha224|bytea|1|bytea|ctp|
sha256|bytea|1|bytea|ctp|
sha384|bytea|1|bytea|ctp|
sha512|bytea|1|bytea|ctp|
shell_in|cstring|1|void|ou|
shell_out|void|1|cstring|ou|
shift_jis_2004_to_euc_jis_2004|int4 int4 cstring internal int4 bool|6|int4|ou|
shift_jis_2004_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
shobj_description|oid name|2|text|m|
sign|float8|1|float8|ctp|
sign|numeric|1|numeric|ctp|
similar_escape|text text|2|text|c|
similar_to_escape|text text|2|text|c|
similar_to_escape|text|1|text|c|
sind|float8|1|float8|c|
sinh|float8|1|float8|c|
sin|float8|1|float8|c|
sjis_to_euc_jp|int4 int4 cstring internal int4 bool|6|int4|ou|
sjis_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
sjis_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
slope|point point|2|float8|c|
spg_bbox_quad_config|internal internal|2|void|ou|
spg_box_quad_choose|internal internal|2|void|ou|
spg_box_quad_config|internal internal|2|void|ou|
spg_box_quad_inner_consistent|internal internal|2|void|ou|
spg_box_quad_leaf_consistent|internal internal|2|bool|ou|
spg_box_quad_picksplit|internal internal|2|void|ou|
spg_kd_choose|internal internal|2|void|ou|
spg_kd_config|internal internal|2|void|ou|
spg_kd_inner_consistent|internal internal|2|void|ou|
spg_kd_picksplit|internal internal|2|void|ou|
spg_poly_quad_compress|polygon|1|box|c|
spg_quad_choose|internal internal|2|void|ou|
spg_quad_config|internal internal|2|void|ou|
spg_quad_inner_consistent|internal internal|2|void|ou|
spg_quad_leaf_consistent|internal internal|2|bool|ou|
spg_quad_picksplit|internal internal|2|void|ou|
spg_range_quad_choose|internal internal|2|void|ou|
spg_range_quad_config|internal internal|2|void|ou|
spg_range_quad_inner_consistent|internal internal|2|void|ou|
spg_range_quad_leaf_consistent|internal internal|2|bool|ou|
spg_range_quad_picksplit|internal internal|2|void|ou|
spg_text_choose|internal internal|2|void|ou|
spg_text_config|internal internal|2|void|ou|
spg_text_inner_consistent|internal internal|2|void|ou|
spg_text_leaf_consistent|internal internal|2|bool|ou|
spg_text_picksplit|internal internal|2|void|ou|
spghandler|internal|1|index_am_handler|ou|
split_part|text text int4|3|text|cp|
sqrt|float8|1|float8|c|
sqrt|numeric|1|numeric|c|
starts_with|text text|2|bool|ctp|
statement_timestamp||0|timestamptz|mtp|
stddev_pop|float4|1|float8|cpa|
stddev_pop|float8|1|float8|cpa|
stddev_pop|int2|1|numeric|cpa|
stddev_pop|int4|1|numeric|cpa|
stddev_pop|int8|1|numeric|cpa|
stddev_pop|numeric|1|numeric|cpa|
stddev_samp|float4|1|float8|cpa|
stddev_samp|float8|1|float8|cpa|
stddev_samp|int2|1|numeric|cpa|
stddev_samp|int4|1|numeric|cpa|
stddev_samp|int8|1|numeric|cpa|
stddev_samp|numeric|1|numeric|cpa|
stddev|float4|1|float8|cpa|
stddev|float8|1|float8|cpa|
stddev|int2|1|numeric|cpa|
stddev|int4|1|numeric|cpa|
stddev|int8|1|numeric|cpa|
stddev|numeric|1|numeric|cpa|
string_agg_combine|internal internal|2|internal|ou|
string_agg_deserialize|bytea internal|2|internal|ou|
string_agg_finalfn|internal|1|text|ou|
string_agg_serialize|internal|1|bytea|ou|
string_agg_transfn|internal text text|3|internal|ou|
string_agg|bytea bytea|2|bytea|ctpa|
string_agg|text text|2|text|ctpa|
string_to_array|text text text|3|_text|ctp|
string_to_array|text text|2|_text|ctp|
string_to_table|text text text|3|text|cr|
string_to_table|text text|2|text|cr|
strip|tsvector|1|tsvector|ctp|
strpos|text text|2|int4|ctp|
substring|bit int4 int4|3|bit|c|
substring|bit int4|2|bit|ctp|
substring|bytea int4 int4|3|bytea|cp|
substring|bytea int4|2|bytea|ctp|
substring|text int4 int4|3|text|cp|
substring|text int4|2|text|ctp|
substring|text text text|3|text|c|
substring|text text|2|text|c|
substr|bytea int4 int4|3|bytea|cp|
substr|bytea int4|2|bytea|ctp|
substr|text int4 int4|3|text|cp|
substr|text int4|2|text|ctp|
sum|float4|1|float4|cpa|
sum|float8|1|float8|cpa|
sum|int2|1|int8|ctpa|
sum|int4|1|int8|ctpa|
sum|int8|1|numeric|ctpa|
sum|interval|1|interval|cpa|
sum|money|1|money|cpa|
sum|numeric|1|numeric|cpa|
suppress_redundant_updates_trigger||0|trigger|ou|
system_user||0|text|mtp|
system|internal|1|tsm_handler|ou|
table_am_handler_in|cstring|1|table_am_handler|ou|
table_am_handler_out|table_am_handler|1|cstring|ou|
table_to_xml_and_xmlschema|regclass bool bool text|4|xml|ou|
table_to_xmlschema|regclass bool bool text|4|xml|ou|
table_to_xml|regclass bool bool text|4|xml|ou|
tand|float8|1|float8|c|
tanh|float8|1|float8|c|
tan|float8|1|float8|c|
text_ge|text text|2|bool|ctp|
text_gt|text text|2|bool|ctp|
text_larger|text text|2|text|c|
text_le|text text|2|bool|ctp|
text_lt|text text|2|bool|ctp|
text_pattern_ge|text text|2|bool|c|
text_pattern_gt|text text|2|bool|c|
text_pattern_le|text text|2|bool|c|
text_pattern_lt|text text|2|bool|c|
text_smaller|text text|2|text|c|
text_starts_with_support|internal|1|internal|ou|
textanycat|text anynonarray|2|text|ctp|
textcat|text text|2|text|ctp|
texteqname|text name|2|bool|ctp|
texteq|text text|2|bool|ctp|
textgename|text name|2|bool|ctp|
textgtname|text name|2|bool|ctp|
texticlike_support|internal|1|internal|ou|
texticlike|text text|2|bool|c|
texticnlike|text text|2|bool|c|
texticregexeq_support|internal|1|internal|ou|
texticregexeq|text text|2|bool|c|
texticregexne|text text|2|bool|c|
textin|cstring|1|text|c|
textlename|text name|2|bool|ctp|
textlen|text|1|int4|ctp|
textlike_support|internal|1|internal|ou|
textlike|text text|2|bool|c|
textltname|text name|2|bool|ctp|
textnename|text name|2|bool|ctp|
textne|text text|2|bool|ctp|
textnlike|text text|2|bool|c|
textout|text|1|cstring|c|
textrecv|internal|1|text|ou|
textregexeq_support|internal|1|internal|ou|
textregexeq|text text|2|bool|c|
textregexne|text text|2|bool|c|
textsend|text|1|bytea|c|
text|bool|1|text|ctp|
text|bpchar|1|text|ctp|
text|char|1|text|ctp|
text|inet|1|text|ctp|
text|name|1|text|ctp|
text|xml|1|text|ctp|
thesaurus_init|internal|1|internal|ou|
thesaurus_lexize|internal internal internal internal|4|internal|ou|
tideq|tid tid|2|bool|ctp|
tidge|tid tid|2|bool|ctp|
tidgt|tid tid|2|bool|ctp|
tidin|cstring|1|tid|c|
tidlarger|tid tid|2|tid|c|
tidle|tid tid|2|bool|ctp|
tidlt|tid tid|2|bool|ctp|
tidne|tid tid|2|bool|ctp|
tidout|tid|1|cstring|c|
tidrecv|internal|1|tid|ou|
tidsend|tid|1|bytea|c|
tidsmaller|tid tid|2|tid|c|
time_cmp|time time|2|int4|c|
time_eq|time time|2|bool|ctp|
time_ge|time time|2|bool|ctp|
time_gt|time time|2|bool|ctp|
time_hash_extended|time int8|2|int8|c|
time_hash|time|1|int4|c|
time_in|cstring oid int4|3|time|c|
time_larger|time time|2|time|c|
time_le|time time|2|bool|ctp|
time_lt|time time|2|bool|ctp|
time_mi_interval|time interval|2|time|c|
time_mi_time|time time|2|interval|c|
time_ne|time time|2|bool|ctp|
time_out|time|1|cstring|c|
time_pl_interval|time interval|2|time|c|
time_recv|internal oid int4|3|time|ou|
time_send|time|1|bytea|c|
time_smaller|time time|2|time|c|
time_support|internal|1|internal|ou|
timedate_pl|time date|2|timestamp|c|
timeofday||0|text|mtp|
timestamp_cmp_date|timestamp date|2|int4|c|
timestamp_cmp_timestamptz|timestamp timestamptz|2|int4|c|
timestamp_cmp|timestamp timestamp|2|int4|c|
timestamp_eq_date|timestamp date|2|bool|ctp|
timestamp_eq_timestamptz|timestamp timestamptz|2|bool|ctp|
timestamp_eq|timestamp timestamp|2|bool|ctp|
timestamp_ge_date|timestamp date|2|bool|ctp|
timestamp_ge_timestamptz|timestamp timestamptz|2|bool|ctp|
timestamp_ge|timestamp timestamp|2|bool|ctp|
timestamp_gt_date|timestamp date|2|bool|ctp|
timestamp_gt_timestamptz|timestamp timestamptz|2|bool|ctp|
timestamp_gt|timestamp timestamp|2|bool|ctp|
timestamp_hash_extended|timestamp int8|2|int8|c|
timestamp_hash|timestamp|1|int4|c|
timestamp_in|cstring oid int4|3|timestamp|c|
timestamp_larger|timestamp timestamp|2|timestamp|c|
timestamp_le_date|timestamp date|2|bool|ctp|
timestamp_le_timestamptz|timestamp timestamptz|2|bool|ctp|
timestamp_le|timestamp timestamp|2|bool|ctp|
timestamp_lt_date|timestamp date|2|bool|ctp|
timestamp_lt_timestamptz|timestamp timestamptz|2|bool|ctp|
timestamp_lt|timestamp timestamp|2|bool|ctp|
timestamp_mi_interval|timestamp interval|2|timestamp|c|
timestamp_mi|timestamp timestamp|2|interval|c|
timestamp_ne_date|timestamp date|2|bool|ctp|
timestamp_ne_timestamptz|timestamp timestamptz|2|bool|ctp|
timestamp_ne|timestamp timestamp|2|bool|ctp|
timestamp_out|timestamp|1|cstring|c|
timestamp_pl_interval|timestamp interval|2|timestamp|c|
timestamp_recv|internal oid int4|3|timestamp|ou|
timestamp_send|timestamp|1|bytea|c|
timestamp_skipsupport|internal|1|void|ou|
timestamp_smaller|timestamp timestamp|2|timestamp|c|
timestamp_sortsupport|internal|1|void|ou|
timestamp_support|internal|1|internal|ou|
timestamptypmodin|_cstring|1|int4|ou|
timestamptypmodout|int4|1|cstring|ou|
timestamptz_cmp_date|timestamptz date|2|int4|c|
timestamptz_cmp_timestamp|timestamptz timestamp|2|int4|c|
timestamptz_cmp|timestamptz timestamptz|2|int4|c|
timestamptz_eq_date|timestamptz date|2|bool|ctp|
timestamptz_eq_timestamp|timestamptz timestamp|2|bool|ctp|
timestamptz_eq|timestamptz timestamptz|2|bool|ctp|
timestamptz_ge_date|timestamptz date|2|bool|ctp|
timestamptz_ge_timestamp|timestamptz timestamp|2|bool|ctp|
timestamptz_ge|timestamptz timestamptz|2|bool|ctp|
timestamptz_gt_date|timestamptz date|2|bool|ctp|
timestamptz_gt_timestamp|timestamptz timestamp|2|bool|ctp|
timestamptz_gt|timestamptz timestamptz|2|bool|ctp|
timestamptz_hash_extended|timestamptz int8|2|int8|c|
timestamptz_hash|timestamptz|1|int4|c|
timestamptz_in|cstring oid int4|3|timestamptz|c|
timestamptz_larger|timestamptz timestamptz|2|timestamptz|c|
timestamptz_le_date|timestamptz date|2|bool|ctp|
timestamptz_le_timestamp|timestamptz timestamp|2|bool|ctp|
timestamptz_le|timestamptz timestamptz|2|bool|ctp|
timestamptz_lt_date|timestamptz date|2|bool|ctp|
timestamptz_lt_timestamp|timestamptz timestamp|2|bool|ctp|
timestamptz_lt|timestamptz timestamptz|2|bool|ctp|
timestamptz_mi_interval|timestamptz interval|2|timestamptz|c|
timestamptz_mi|timestamptz timestamptz|2|interval|c|
timestamptz_ne_date|timestamptz date|2|bool|ctp|
timestamptz_ne_timestamp|timestamptz timestamp|2|bool|ctp|
timestamptz_ne|timestamptz timestamptz|2|bool|ctp|
timestamptz_out|timestamptz|1|cstring|c|
timestamptz_pl_interval|timestamptz interval|2|timestamptz|c|
timestamptz_recv|internal oid int4|3|timestamptz|c|
timestamptz_send|timestamptz|1|bytea|c|
timestamptz_smaller|timestamptz timestamptz|2|timestamptz|c|
timestamptztypmodin|_cstring|1|int4|ou|
timestamptztypmodout|int4|1|cstring|ou|
timestamptz|date timetz|2|timestamptz|c|
timestamptz|date time|2|timestamptz|c|
timestamptz|date|1|timestamptz|c|
timestamptz|timestamptz int4|2|timestamptz|c|
timestamptz|timestamp|1|timestamptz|c|
timestamp|date time|2|timestamp|c|
timestamp|date|1|timestamp|c|
timestamp|timestamp int4|2|timestamp|c|
timestamp|timestamptz|1|timestamp|c|
timetypmodin|_cstring|1|int4|ou|
timetypmodout|int4|1|cstring|ou|
timetz_cmp|timetz timetz|2|int4|c|
timetz_eq|timetz timetz|2|bool|ctp|
timetz_ge|timetz timetz|2|bool|ctp|
timetz_gt|timetz timetz|2|bool|ctp|
timetz_hash_extended|timetz int8|2|int8|c|
timetz_hash|timetz|1|int4|c|
timetz_in|cstring oid int4|3|timetz|c|
timetz_larger|timetz timetz|2|timetz|c|
timetz_le|timetz timetz|2|bool|ctp|
timetz_lt|timetz timetz|2|bool|ctp|
timetz_mi_interval|timetz interval|2|timetz|c|
timetz_ne|timetz timetz|2|bool|ctp|
timetz_out|timetz|1|cstring|c|
timetz_pl_interval|timetz interval|2|timetz|c|
timetz_recv|internal oid int4|3|timetz|ou|
timetz_send|timetz|1|bytea|c|
timetz_smaller|timetz timetz|2|timetz|c|
timetzdate_pl|timetz date|2|timestamptz|c|
timetztypmodin|_cstring|1|int4|ou|
timetztypmodout|int4|1|cstring|ou|
timetz|timestamptz|1|timetz|c|
timetz|timetz int4|2|timetz|c|
timetz|time|1|timetz|c|
timezone|interval timestamptz|2|timestamp|c|
timezone|interval timestamp|2|timestamptz|c|
timezone|interval timetz|2|timetz|c|
timezone|text timestamptz|2|timestamp|cp|
timezone|text timestamp|2|timestamptz|cp|
timezone|text timetz|2|timetz|c|
timezone|timestamptz|1|timestamp|c|
timezone|timestamp|1|timestamptz|c|
timezone|timetz|1|timetz|c|
time|interval|1|time|c|
time|time int4|2|time|c|
time|timestamptz|1|time|c|
time|timestamp|1|time|c|
time|timetz|1|time|c|
to_ascii|text int4|2|text|c|
to_ascii|text name|2|text|c|
to_ascii|text|1|text|c|
to_bin|int4|1|text|ctp|
to_bin|int8|1|text|ctp|
to_char|float4 text|2|text|c|
to_char|float8 text|2|text|c|
to_char|int4 text|2|text|c|
to_char|int8 text|2|text|c|
to_char|interval text|2|text|c|
to_char|numeric text|2|text|c|
to_char|timestamp text|2|text|cp|
to_char|timestamptz text|2|text|cp|
to_date|text text|2|date|c|
to_hex|int4|1|text|ctp|
to_hex|int8|1|text|ctp|
to_jsonb|anyelement|1|jsonb|cp|
to_json|anyelement|1|json|ctp|
to_number|text text|2|numeric|c|
to_oct|int4|1|text|ctp|
to_oct|int8|1|text|ctp|
to_regclass|text|1|regclass|m|
to_regcollation|text|1|regcollation|m|
to_regnamespace|text|1|regnamespace|m|
to_regoperator|text|1|regoperator|m|
to_regoper|text|1|regoper|m|
to_regprocedure|text|1|regprocedure|m|
to_regproc|text|1|regproc|m|
to_regrole|text|1|regrole|m|
to_regtypemod|text|1|int4|m|
to_regtype|text|1|regtype|m|
to_timestamp|float8|1|timestamptz|c|
to_timestamp|text text|2|timestamptz|c|
to_tsquery|regconfig text|2|tsquery|c|
to_tsquery|text|1|tsquery|c|
to_tsvector|jsonb|1|tsvector|c|
to_tsvector|json|1|tsvector|c|
to_tsvector|regconfig jsonb|2|tsvector|c|
to_tsvector|regconfig json|2|tsvector|c|
to_tsvector|regconfig text|2|tsvector|c|
to_tsvector|text|1|tsvector|c|
transaction_timestamp||0|timestamptz|mtp|
translate|text text text|3|text|ctp|
trigger_in|cstring|1|trigger|ou|
trigger_out|trigger|1|cstring|ou|
trim_array|anyarray int4|2|anyarray|c|
trim_scale|numeric|1|numeric|ctp|
trunc|float8|1|float8|ctp|
trunc|macaddr8|1|macaddr8|c|
trunc|macaddr|1|macaddr|c|
trunc|numeric int4|2|numeric|ctp|
trunc|numeric|1|numeric|ctp|
ts_debug|regconfig text|2|record|cr|alias description token dictionaries dictionary lexemes
ts_debug|text|1|record|cr|alias description token dictionaries dictionary lexemes
ts_delete|tsvector _text|2|tsvector|c|
ts_delete|tsvector text|2|tsvector|c|
ts_filter|tsvector _char|2|tsvector|c|
ts_headline|json tsquery text|3|json|c|
ts_headline|json tsquery|2|json|c|
ts_headline|jsonb tsquery text|3|jsonb|c|
ts_headline|jsonb tsquery|2|jsonb|c|
ts_headline|regconfig json tsquery text|4|json|c|
ts_headline|regconfig json tsquery|3|json|c|
ts_headline|regconfig jsonb tsquery text|4|jsonb|c|
ts_headline|regconfig jsonb tsquery|3|jsonb|c|
ts_headline|regconfig text tsquery text|4|text|c|
ts_headline|regconfig text tsquery|3|text|c|
ts_headline|text tsquery text|3|text|c|
ts_headline|text tsquery|2|text|c|
ts_lexize|regdictionary text|2|_text|c|
ts_match_qv|tsquery tsvector|2|bool|ctp|
ts_match_tq|text tsquery|2|bool|c|
ts_match_tt|text text|2|bool|c|
ts_match_vq|tsvector tsquery|2|bool|ctp|
ts_parse|oid text|2|record|cr|tokid token
ts_parse|text text|2|record|cr|tokid token
ts_rank_cd|_float4 tsvector tsquery int4|4|float4|c|
ts_rank_cd|_float4 tsvector tsquery|3|float4|c|
ts_rank_cd|tsvector tsquery int4|3|float4|c|
ts_rank_cd|tsvector tsquery|2|float4|c|
ts_rank|_float4 tsvector tsquery int4|4|float4|c|
ts_rank|_float4 tsvector tsquery|3|float4|c|
ts_rank|tsvector tsquery int4|3|float4|c|
ts_rank|tsvector tsquery|2|float4|c|
ts_rewrite|tsquery text|2|tsquery|ou|
ts_rewrite|tsquery tsquery tsquery|3|tsquery|c|
ts_stat|text text|2|record|our|word ndoc nentry
ts_stat|text|1|record|our|word ndoc nentry
ts_token_type|oid|1|record|cr|tokid alias description
ts_token_type|text|1|record|cr|tokid alias description
ts_typanalyze|internal|1|bool|ou|
tsm_handler_in|cstring|1|tsm_handler|ou|
tsm_handler_out|tsm_handler|1|cstring|ou|
tsmatchjoinsel|internal oid internal int2 internal|5|float8|ou|
tsmatchsel|internal oid internal int4|4|float8|ou|
tsmultirange|_tsrange|1|tsmultirange|cv|
tsmultirange|tsrange|1|tsmultirange|c|
tsmultirange||0|tsmultirange|ctp|
tsq_mcontained|tsquery tsquery|2|bool|c|
tsq_mcontains|tsquery tsquery|2|bool|c|
tsquery_and|tsquery tsquery|2|tsquery|c|
tsquery_cmp|tsquery tsquery|2|int4|c|
tsquery_eq|tsquery tsquery|2|bool|ctp|
tsquery_ge|tsquery tsquery|2|bool|ctp|
tsquery_gt|tsquery tsquery|2|bool|ctp|
tsquery_le|tsquery tsquery|2|bool|ctp|
tsquery_lt|tsquery tsquery|2|bool|ctp|
tsquery_ne|tsquery tsquery|2|bool|ctp|
tsquery_not|tsquery|1|tsquery|c|
tsquery_or|tsquery tsquery|2|tsquery|c|
tsquery_phrase|tsquery tsquery int4|3|tsquery|c|
tsquery_phrase|tsquery tsquery|2|tsquery|c|
tsqueryin|cstring|1|tsquery|c|
tsqueryout|tsquery|1|cstring|c|
tsqueryrecv|internal|1|tsquery|ou|
tsquerysend|tsquery|1|bytea|c|
tsrange_subdiff|timestamp timestamp|2|float8|c|
tsrange|timestamp timestamp text|3|tsrange|c|
tsrange|timestamp timestamp|2|tsrange|c|
tstzmultirange|_tstzrange|1|tstzmultirange|cv|
tstzmultirange|tstzrange|1|tstzmultirange|c|
tstzmultirange||0|tstzmultirange|ctp|
tstzrange_subdiff|timestamptz timestamptz|2|float8|c|
tstzrange|timestamptz timestamptz text|3|tstzrange|c|
tstzrange|timestamptz timestamptz|2|tstzrange|c|
tsvector_cmp|tsvector tsvector|2|int4|c|
tsvector_concat|tsvector tsvector|2|tsvector|c|
tsvector_eq|tsvector tsvector|2|bool|ctp|
tsvector_ge|tsvector tsvector|2|bool|ctp|
tsvector_gt|tsvector tsvector|2|bool|ctp|
tsvector_le|tsvector tsvector|2|bool|ctp|
tsvector_lt|tsvector tsvector|2|bool|ctp|
tsvector_ne|tsvector tsvector|2|bool|ctp|
tsvector_to_array|tsvector|1|_text|c|
tsvector_update_trigger_column||0|trigger|ou|
tsvector_update_trigger||0|trigger|ou|
tsvectorin|cstring|1|tsvector|c|
tsvectorout|tsvector|1|cstring|c|
tsvectorrecv|internal|1|tsvector|ou|
tsvectorsend|tsvector|1|bytea|c|
txid_current_if_assigned||0|int8|mtp|
txid_current_snapshot||0|txid_snapshot|mtp|
txid_current||0|int8|mtp|
txid_snapshot_in|cstring|1|txid_snapshot|c|
txid_snapshot_out|txid_snapshot|1|cstring|c|
txid_snapshot_recv|internal|1|txid_snapshot|ou|
txid_snapshot_send|txid_snapshot|1|bytea|c|
txid_snapshot_xip|txid_snapshot|1|int8|cr|
txid_snapshot_xmax|txid_snapshot|1|int8|c|
txid_snapshot_xmin|txid_snapshot|1|int8|c|
txid_status|int8|1|text|m|
txid_visible_in_snapshot|int8 txid_snapshot|2|bool|c|
uhc_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
unicode_assigned|text|1|bool|c|
unicode_version||0|text|ctp|
unique_key_recheck||0|trigger|ou|
unistr|text|1|text|c|
unknownin|cstring|1|unknown|c|
unknownout|unknown|1|cstring|c|
unknownrecv|internal|1|unknown|ou|
unknownsend|unknown|1|bytea|c|
unnest|anyarray|1|anyelement|cr|
unnest|anymultirange|1|anyrange|cr|
unnest|tsvector|1|record|cr|lexeme positions weights
upper_inc|anymultirange|1|bool|ctp|
upper_inc|anyrange|1|bool|ctp|
upper_inf|anymultirange|1|bool|ctp|
upper_inf|anyrange|1|bool|ctp|
upper|anymultirange|1|anyelement|ctp|
upper|anyrange|1|anyelement|ctp|
upper|text|1|text|ctp|
utf8_to_big5|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_euc_cn|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_euc_jis_2004|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_euc_jp|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_euc_kr|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_euc_tw|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_gb18030|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_gbk|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_iso8859_1|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_iso8859|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_johab|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_koi8r|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_koi8u|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_shift_jis_2004|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_sjis|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_uhc|int4 int4 cstring internal int4 bool|6|int4|ou|
utf8_to_win|int4 int4 cstring internal int4 bool|6|int4|ou|
uuid_cmp|uuid uuid|2|int4|c|
uuid_eq|uuid uuid|2|bool|ctp|
uuid_extract_timestamp|uuid|1|timestamptz|c|
uuid_extract_version|uuid|1|int2|c|
uuid_ge|uuid uuid|2|bool|ctp|
uuid_gt|uuid uuid|2|bool|ctp|
uuid_hash_extended|uuid int8|2|int8|c|
uuid_hash|uuid|1|int4|c|
uuid_in|cstring|1|uuid|c|
uuid_le|uuid uuid|2|bool|ctp|
uuid_lt|uuid uuid|2|bool|ctp|
uuid_ne|uuid uuid|2|bool|ctp|
uuid_out|uuid|1|cstring|c|
uuid_recv|internal|1|uuid|ou|
uuid_send|uuid|1|bytea|c|
uuid_skipsupport|internal|1|void|ou|
uuid_sortsupport|internal|1|void|ou|
uuidv4||0|uuid|mtp|
uuidv7|interval|1|uuid|c|
uuidv7||0|uuid|mtp|
var_pop|float4|1|float8|cpa|
var_pop|float8|1|float8|cpa|
var_pop|int2|1|numeric|cpa|
var_pop|int4|1|numeric|cpa|
var_pop|int8|1|numeric|cpa|
var_pop|numeric|1|numeric|cpa|
var_samp|float4|1|float8|cpa|
var_samp|float8|1|float8|cpa|
var_samp|int2|1|numeric|cpa|
var_samp|int4|1|numeric|cpa|
var_samp|int8|1|numeric|cpa|
var_samp|numeric|1|numeric|cpa|
varbit_in|cstring oid int4|3|varbit|c|
varbit_out|varbit|1|cstring|c|
varbit_recv|internal oid int4|3|varbit|ou|
varbit_send|varbit|1|bytea|c|
varbit_support|internal|1|internal|ou|
varbitcmp|varbit varbit|2|int4|c|
varbiteq|varbit varbit|2|bool|ctp|
varbitge|varbit varbit|2|bool|ctp|
varbitgt|varbit varbit|2|bool|ctp|
varbitle|varbit varbit|2|bool|ctp|
varbitlt|varbit varbit|2|bool|ctp|
varbitne|varbit varbit|2|bool|ctp|
varbittypmodin|_cstring|1|int4|ou|
varbittypmodout|int4|1|cstring|ou|
varbit|varbit int4 bool|3|varbit|c|
varchar_support|internal|1|internal|ou|
varcharin|cstring oid int4|3|varchar|c|
varcharout|varchar|1|cstring|c|
varcharrecv|internal oid int4|3|varchar|ou|
varcharsend|varchar|1|bytea|c|
varchartypmodin|_cstring|1|int4|ou|
varchartypmodout|int4|1|cstring|ou|
varchar|name|1|varchar|ctp|
varchar|varchar int4 bool|3|varchar|c|
variance|float4|1|float8|cpa|
variance|float8|1|float8|cpa|
variance|int2|1|numeric|cpa|
variance|int4|1|numeric|cpa|
variance|int8|1|numeric|cpa|
variance|numeric|1|numeric|cpa|
version||0|text|mtp|
void_in|cstring|1|void|c|
void_out|void|1|cstring|c|
void_recv|internal|1|void|ou|
void_send|void|1|bytea|c|
websearch_to_tsquery|regconfig text|2|tsquery|c|
websearch_to_tsquery|text|1|tsquery|c|
width_bucket|anycompatible anycompatiblearray|2|int4|c|
width_bucket|float8 float8 float8 int4|4|int4|c|
width_bucket|numeric numeric numeric int4|4|int4|c|
width|box|1|float8|c|
win1250_to_latin2|int4 int4 cstring internal int4 bool|6|int4|ou|
win1250_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
win1251_to_iso|int4 int4 cstring internal int4 bool|6|int4|ou|
win1251_to_koi8r|int4 int4 cstring internal int4 bool|6|int4|ou|
win1251_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
win1251_to_win866|int4 int4 cstring internal int4 bool|6|int4|ou|
win866_to_iso|int4 int4 cstring internal int4 bool|6|int4|ou|
win866_to_koi8r|int4 int4 cstring internal int4 bool|6|int4|ou|
win866_to_mic|int4 int4 cstring internal int4 bool|6|int4|ou|
win866_to_win1251|int4 int4 cstring internal int4 bool|6|int4|ou|
win_to_utf8|int4 int4 cstring internal int4 bool|6|int4|ou|
window_cume_dist_support|internal|1|internal|ou|
window_dense_rank_support|internal|1|internal|ou|
window_ntile_support|internal|1|internal|ou|
window_percent_rank_support|internal|1|internal|ou|
window_rank_support|internal|1|internal|ou|
window_row_number_support|internal|1|internal|ou|
xid8_larger|xid8 xid8|2|xid8|c|
xid8_smaller|xid8 xid8|2|xid8|c|
xid8cmp|xid8 xid8|2|int4|c|
xid8eq|xid8 xid8|2|bool|ctp|
xid8ge|xid8 xid8|2|bool|ctp|
xid8gt|xid8 xid8|2|bool|ctp|
xid8in|cstring|1|xid8|c|
xid8le|xid8 xid8|2|bool|ctp|
xid8lt|xid8 xid8|2|bool|ctp|
xid8ne|xid8 xid8|2|bool|ctp|
xid8out|xid8|1|cstring|c|
xid8recv|internal|1|xid8|ou|
xid8send|xid8|1|bytea|c|
xideqint4|xid int4|2|bool|ctp|
xideq|xid xid|2|bool|ctp|
xidin|cstring|1|xid|c|
xidneqint4|xid int4|2|bool|ctp|
xidneq|xid xid|2|bool|ctp|
xidout|xid|1|cstring|c|
xidrecv|internal|1|xid|ou|
xidsend|xid|1|bytea|c|
xid|xid8|1|xid|c|
xml_in|cstring|1|xml|c|
xml_is_well_formed_content|text|1|bool|c|
xml_is_well_formed_document|text|1|bool|c|
xml_is_well_formed|text|1|bool|c|
xml_out|xml|1|cstring|c|
xml_recv|internal|1|xml|ou|
xml_send|xml|1|bytea|c|
xmlagg|xml|1|xml|ca|
xmlcomment|text|1|xml|c|
xmlconcat2|xml xml|2|xml|c|
xmlexists|text xml|2|bool|c|
xmltext|text|1|xml|c|
xmlvalidate|xml text|2|bool|c|
xml|text|1|xml|c|
xpath_exists|text xml _text|3|bool|c|
xpath_exists|text xml|2|bool|c|
xpath|text xml _text|3|_xml|c|
xpath|text xml|2|_xml|c|
"""
